"""Reply heads of the engine, and the heads that clients get for them."""

from __future__ import annotations

import re

from wings_infer.errors import BadMessage
from wings_infer.wire.framing import Body, Chunked, Length, UntilClose

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_LINE = re.compile(rb"HTTP/1\.([01]) (\d{3})( [\t -~\x80-\xff]*)?\r\n")
_FIELDS = re.compile(rb"(?:\r\n" + _TOKEN + rb":[\t -~\x80-\xff]*)*\r\n\r\n")
_KNOWN = re.compile(
    rb"\r\n(connection|content-length|transfer-encoding|keep-alive|upgrade|proxy-connection|trailer|"
    rb"x-request-id|access-control-allow-origin|access-control-allow-credentials|vary|"
    rb"x-wings-not-taken):"
    rb"[ \t]*([^\r]*)",
    re.IGNORECASE,
)
_LENGTH = re.compile(rb"\d{1,15}")
_DROPPED = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade",
     b"x-wings-not-taken"}
)  # fmt: skip
_CORS = frozenset({b"access-control-allow-origin", b"access-control-allow-credentials"})


KNOWN_COUNT = 512
KNOWN_SIZE = 2048
"""Bounds of what is remembered: heads, and bytes of each."""


class Reply:
    """What a reply's head says; shared by all replies with the same head."""

    __slots__ = (
        "chunked", "fields", "has_body", "is_not_taken", "keep_alive", "length", "line",
        "names_request_id", "status", "text", "until_close", "upgrade",
    )  # fmt: skip

    def __init__(self, status: int, line: bytes, minor: int) -> None:
        self.status = status
        self.line = line
        self.fields = b""
        """The fields that travel on, each with CRLF in front."""
        self.text = b""
        """Line, fields and framing as most clients get them."""
        self.length = -1
        self.chunked = False
        self.has_body = True
        self.keep_alive = minor == 1
        self.names_request_id = False
        self.is_not_taken = False
        """Another wings-infer says that nobody has begun with the request."""
        self.upgrade = b""
        self.until_close = False
        """The body ends with the connection."""

    def body(self) -> Body:
        """What follows the body that comes after the head."""
        if not self.has_body:
            return Length(0)
        if self.chunked:
            return Chunked()
        return Length(self.length) if self.length >= 0 else UntilClose()


class ReplyParser:
    """Parses heads. Engines repeat themselves: heads that were read lately are not read again."""

    def __init__(self, *, drop_cors: bool) -> None:
        self._drop_cors = drop_cors
        self._known: dict[bytes, Reply] = {}

    def parse(self, head: bytes, method: bytes) -> Reply:
        """The reply to `method` whose head this is, blank line included. Raises BadMessage."""
        if method == b"HEAD":
            return parse_reply(head, method, drop_cors=self._drop_cors)
        return self._known.get(head) or self._read(head, method)

    def _read(self, head: bytes, method: bytes) -> Reply:
        reply = parse_reply(head, method, drop_cors=self._drop_cors)
        if len(head) <= KNOWN_SIZE:
            if len(self._known) >= KNOWN_COUNT:
                self._known.clear()
            self._known[head] = reply
        return reply


def parse_reply(head: bytes, method: bytes, *, drop_cors: bool = False) -> Reply:
    """The reply to `method` whose head this is, blank line included. Raises BadMessage."""
    line = _LINE.match(head)
    if line is None:
        raise BadMessage("the engine's status line is malformed")
    start = line.end() - 2
    if _FIELDS.fullmatch(head, start) is None:
        raise BadMessage("a header field of the engine is malformed")
    status = int(line[2])
    reply = Reply(status, b"HTTP/1.1 " + line[2] + (line[3] or b" "), line[1] == b"1")
    if method == b"HEAD" or status in {204, 304} or status < 200:
        reply.has_body = False
    _take_fields(reply, head, start, drop_cors=drop_cors)
    return reply


def _take_fields(reply: Reply, head: bytes, start: int, *, drop_cors: bool) -> None:
    kept = []
    at = start
    for match in _KNOWN.finditer(head, start):
        name = match[1].lower()
        _take_field(reply, name, match[2].rstrip(b" \t"))
        if name in _DROPPED or (drop_cors and name in _CORS):
            kept.append(head[at : match.start()])
            at = match.end()
    kept.append(head[at:-4])
    reply.fields = b"".join(kept)
    reply.text = reply.line + reply.fields
    if reply.chunked and reply.has_body:
        reply.text += b"\r\nTransfer-Encoding: chunked"
    if reply.chunked and reply.length >= 0:
        raise BadMessage("the engine's reply has both content-length and transfer-encoding")
    if reply.has_body and not reply.chunked and reply.length < 0:
        reply.until_close = True
        reply.keep_alive = False


def _take_field(reply: Reply, name: bytes, value: bytes) -> None:
    if name == b"content-length":
        if reply.length >= 0 or not _LENGTH.fullmatch(value):
            raise BadMessage("the engine's content-length is malformed or given twice")
        reply.length = int(value)
    elif name == b"transfer-encoding":
        if reply.chunked or value.lower() != b"chunked":
            raise BadMessage("the engine's transfer-encoding is not chunked")
        reply.chunked = True
    elif name == b"connection":
        options = {option.strip(b" \t") for option in value.lower().split(b",")}
        reply.keep_alive = b"close" not in options and (reply.keep_alive or b"keep-alive" in options)
    elif name == b"upgrade":
        reply.upgrade = value
    elif name == b"x-request-id":
        reply.names_request_id = True
    else:
        reply.is_not_taken |= name == b"x-wings-not-taken" and reply.status == 503
