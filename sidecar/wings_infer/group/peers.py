"""Reads one peer, again and again: one GET at a time, nothing else."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from wings_infer.control.clock import uptime
from wings_infer.errors import BadMessage
from wings_infer.group.answers import LIMIT
from wings_infer.wire.framing import Length
from wings_infer.wire.replies import parse_reply

RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.25, 2.0
HEAD_LIMIT = 4096
_TAG = re.compile(rb'\r\netag: "([0-9]{1,20})"', re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """Whom to read, and whom to tell; `on_answer` raises BadMessage for what is no answer."""

    host: str
    port: int
    on_answer: Callable[[bytes, float], None]
    """Content, and when the GET for it was sent."""
    on_silence: Callable[[Exception], None]


async def read_peer(reading: Reading, timeout: float) -> None:
    """Reads until cancelled. An answer that takes longer than `timeout` seconds is none."""
    pause = RETRY_SECONDS
    while True:
        began = uptime()
        try:
            await _read_on(reading, timeout)
        except (OSError, TimeoutError, BadMessage, UnicodeError) as error:
            reading.on_silence(error)
        pause = RETRY_SECONDS if uptime() - began > 2 * timeout else pause
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_RETRY_SECONDS)


async def _read_on(reading: Reading, timeout: float) -> None:
    """On one connection, which alone gives a bare 304 its meaning."""
    async with asyncio.timeout(timeout / 2):
        reader, writer = await _connect(reading.host, reading.port)
    known, content = b"", b""
    try:
        while True:
            sent = uptime()
            async with asyncio.timeout(timeout):
                writer.write(_request(known))
                tag, fresh = await read_state(reader)
            if tag is not None:
                known, content = tag, fresh
            elif not known:
                raise BadMessage("the peer says that nothing changed, but has said nothing yet")
            reading.on_answer(content, sent)
            if not known:
                raise BadMessage("the peer's answer has no tag")
    finally:
        writer.transport.abort()


async def _connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the first address that answers.

    The name is looked up here: uvloop's create_connection leaves behind a look-up that outlasts its
    caller, and each one that fails later would be a traceback in the log.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found[:-1]:
        with suppress(OSError):
            return await asyncio.open_connection(*address[:2], limit=HEAD_LIMIT)
    return await asyncio.open_connection(*found[-1][4][:2], limit=HEAD_LIMIT)


def _request(known: bytes) -> bytes:
    condition = b'If-None-Match: "%b"\r\n' % known if known else b""
    return b"GET /group HTTP/1.1\r\nHost: g\r\n%b\r\n" % condition


async def read_state(reader: asyncio.StreamReader) -> tuple[bytes | None, bytes]:
    """Tag and content of the next answer; a tag of None is "not modified". Raises BadMessage."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise BadMessage("the connection ended, or an answer had no end of its head") from error
    reply = parse_reply(head, b"GET")
    if reply.status == 304:
        return None, b""
    body = reply.body()
    if reply.status != 200 or not isinstance(body, Length) or body.left > LIMIT:
        raise BadMessage(f"status {reply.status}, or not at most {LIMIT} bytes of known length")
    try:
        content = await reader.readexactly(body.left)
    except asyncio.IncompleteReadError as error:
        raise BadMessage("the answer was cut") from error
    tag = _TAG.search(head)
    return (tag[1] if tag else b""), content


def why(error: Exception) -> str:
    """Why a peer does not answer, in words."""
    if isinstance(error, socket.gaierror):
        return "its name does not resolve"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
