"""The head that a client gets for an engine's reply."""

from __future__ import annotations

from wings_infer.gateway.cors import Cors
from wings_infer.gateway.piped import Pipe
from wings_infer.wire.replies import Reply
from wings_infer.wire.requests import Request


def may_keep(reply: Reply, request: Request, pipe: Pipe | None) -> bool:
    """Whether the client can tell where this reply ends without the connection's end."""
    return request.keep_alive and (request.minor == 1 if pipe is not None else not reply.until_close)


def client_head(reply: Reply, request: Request, pipe: Pipe | None, cors: Cors, *, keep: bool) -> bytes:
    """Status line and fields, blank line included; `keep`: the connection stays open."""
    if (
        keep
        and pipe is None
        and request.minor == 1
        and not request.origin
        and not reply.names_request_id
    ):
        return reply.text + b"\r\nX-Request-Id: " + request.request_id + b"\r\n\r\n"
    fields = reply.fields if pipe is None else pipe.reply_fields(reply.fields)
    is_chunked = reply.chunked and reply.has_body if pipe is None else request.minor == 1
    more = b"\r\nTransfer-Encoding: chunked" if is_chunked else b""
    if not keep:
        more += b"\r\nConnection: close"
    elif request.minor == 0:
        more += b"\r\nConnection: keep-alive"
    if not reply.names_request_id:
        more += b"\r\nX-Request-Id: " + request.request_id
    if request.origin:
        more += cors.fields(request.origin)
    return b"%b%b%b\r\n\r\n" % (reply.line, fields, more)
