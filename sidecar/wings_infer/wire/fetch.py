"""One small GET to the engine: health and metrics, outside the path of clients."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from wings_infer.errors import BadMessage
from wings_infer.wire.framing import Body, chunked_payload
from wings_infer.wire.replies import Reply, parse_reply

HEAD_LIMIT = 64 * 1024


@dataclass(frozen=True)
class Fetched:
    """A whole reply."""

    status: int
    content: bytes


async def fetch(host: str, port: int, path: str, timeout: float, limit: int = 1 << 20) -> Fetched:
    """GETs a path; at most `limit` bytes of body, all within `timeout` seconds.

    Raises OSError (ConnectionRefusedError when nothing listens), TimeoutError, BadMessage.
    """
    async with asyncio.timeout(timeout):
        reader, writer = await asyncio.open_connection(host, port, limit=HEAD_LIMIT)
        try:
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
            )
            return await _read(reader, limit)
        finally:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader, limit: int) -> Fetched:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise BadMessage("the engine's reply has no complete head") from error
    reply = parse_reply(head, b"GET")
    body = reply.body()
    return Fetched(reply.status, await _read_body(reader, reply, body, limit))


async def _read_body(reader: asyncio.StreamReader, reply: Reply, body: Body, limit: int) -> bytes:
    pieces = bytearray()
    while not body.done:
        data = await reader.read(65536)
        if not data:
            if reply.until_close:
                break
            raise BadMessage("the engine's reply was cut")
        pieces += chunked_payload(body, data)
        if len(pieces) > limit:
            raise BadMessage(f"the engine's reply is longer than {limit} bytes")
    return bytes(pieces)
