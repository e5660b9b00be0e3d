"""Request heads: strict, so that no other parser can read one differently."""

from __future__ import annotations

import re

from wings_infer.errors import BadRequest
from wings_infer.wire.framing import Body, Chunked, Length
from wings_infer.wire.request_fields import Fields, parse_fields

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_LINE = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) HTTP/(\d\.\d)\r\n")
_ABSOLUTE = re.compile(rb"https?://[^/?#]+", re.IGNORECASE)
_SUSPECT = re.compile(rb"[.%\\#]")
_ODD_PATH = re.compile(rb"(?:^|/)(?:\.|%2e){1,2}(?:/|$)|[\\#]|%5c|%00", re.IGNORECASE)
_METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
"""Not CONNECT, after which a parser expects no HTTP any more, nor what parsers do not know."""
_UPGRADE = b"\r\nConnection: Upgrade\r\nUpgrade: websocket"


KNOWN_COUNT = 512
KNOWN_SIZE = 2048
"""Bounds of what is remembered: blocks of fields, and bytes of each."""


class Request:
    """What a request's head says; `fields` and `own_fields` travel on, each with CRLF in front."""

    __slots__ = (
        "authorization", "chunked", "expects_continue", "fields", "has_body", "keep_alive", "length",
        "method", "minor", "origin", "own_fields", "path", "request_id", "target", "upgrade",
    )  # fmt: skip

    def __init__(self, method: bytes, target: bytes, minor: int, fields: Fields) -> None:
        self.method = method
        self.target = target
        self.path = target.partition(b"?")[0] if b"?" in target else target
        self.minor = minor
        self.fields = fields.text
        self.own_fields = fields.own
        self.length = fields.length
        self.chunked = fields.chunked
        self.has_body = fields.chunked or fields.length > 0
        self.keep_alive = fields.keep_alive
        self.expects_continue = fields.expects_continue
        self.upgrade = fields.upgrade and method == b"GET"
        if self.upgrade:
            self.own_fields += _UPGRADE
        self.request_id = fields.request_id
        self.authorization = fields.authorization
        self.origin = fields.origin

    def body(self) -> Body:
        """What follows the body that comes after the head."""
        return Chunked() if self.chunked else Length(self.length)

    def head(self, target: bytes | None = None) -> bytes:
        """The head as it travels on, to this target or to the request's own."""
        return b"%b %b HTTP/1.1%b%b\r\nX-Request-Id: %b\r\n\r\n" % (
            self.method, target or self.target, self.fields, self.own_fields, self.request_id,
        )  # fmt: skip


class RequestParser:
    """Parses heads. Clients repeat themselves: fields that were read lately are not read again."""

    def __init__(self, max_fields: int) -> None:
        self._max_fields = max_fields
        self._known: dict[bytes, Fields] = {}

    def parse(self, head: bytes) -> Request:
        """The request whose head this is, blank line included. Raises BadRequest."""
        line = _LINE.match(head)
        if line is None:
            raise BadRequest(400, "malformed request line")
        method, target, version = line.groups()
        if version[:2] != b"1.":
            raise BadRequest(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        if method not in _METHODS:
            raise BadRequest(501, "this method is not known here")
        if target[0] != 47 or _SUSPECT.search(target):
            target = _origin_form(target, method)
        block = head[line.end() - 2 :]
        if version == b"1.1":
            return Request(method, target, 1, self._known.get(block) or self._read(block, 1))
        minor = int(version != b"1.0")
        return Request(method, target, minor, parse_fields(block, minor, self._max_fields))

    def _read(self, block: bytes, minor: int) -> Fields:
        fields = parse_fields(block, minor, self._max_fields)
        if len(block) <= KNOWN_SIZE:
            if len(self._known) >= KNOWN_COUNT:
                self._known.clear()
            self._known[block] = fields
        return fields


def parse_request(head: bytes, max_fields: int) -> Request:
    """The request whose head this is, blank line included. Raises BadRequest."""
    return RequestParser(max_fields).parse(head)


def _origin_form(target: bytes, method: bytes) -> bytes:
    if target[0] != 47:
        if target == b"*" and method == b"OPTIONS":
            return target
        absolute = _ABSOLUTE.match(target)
        if absolute is None:
            raise BadRequest(400, "malformed request target")
        target = target[absolute.end() :]
        if target[:1] != b"/":
            target = b"/" + target
    if _ODD_PATH.search(target.partition(b"?")[0]):
        raise BadRequest(400, "the path has dot segments or characters that mean different things")
    return target
