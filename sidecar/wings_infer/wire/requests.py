"""Request heads: strict, so that no other parser can read one differently."""

from __future__ import annotations

import re

from wings_infer.errors import BadRequest
from wings_infer.wire.framing import Body, Chunked, Length

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_LINE = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) HTTP/(\d\.\d)\r\n")
_FIELDS = re.compile(rb"(?:\r\n" + _TOKEN + rb":[\t -~\x80-\xff]*)*\r\n\r\n")
_KNOWN = re.compile(
    rb"\r\n(host|connection|content-length|transfer-encoding|expect|upgrade|keep-alive|te|trailer|"
    rb"proxy-connection|proxy-authorization|http2-settings|x-request-id|authorization|origin):"
    rb"[ \t]*([^\r]*)",
    re.IGNORECASE,
)
_HOST = re.compile(rb"[A-Za-z0-9.\-_~%!$&'()*+,;=:\[\]]*")
_LENGTH = re.compile(rb"\d{1,15}")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_ABSOLUTE = re.compile(rb"https?://[^/?#]+", re.IGNORECASE)
_SUSPECT = re.compile(rb"[.%\\#]")
_ODD_PATH = re.compile(rb"(?:^|/)(?:\.|%2e){1,2}(?:/|$)|[\\#]|%5c|%00", re.IGNORECASE)
_DROPPED = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"proxy-connection",
     b"proxy-authorization", b"http2-settings", b"transfer-encoding", b"x-request-id"}
)  # fmt: skip
_ONCE = frozenset({b"host", b"content-length", b"transfer-encoding"})
_NEVER_HOP_BY_HOP = frozenset({b"host", b"content-length", b"authorization", b"content-type"})


KNOWN_COUNT = 512
KNOWN_SIZE = 2048
"""Bounds of what is remembered: blocks of fields, and bytes of each."""


class Fields:
    """What a request's header fields say; shared by all requests with the same ones."""

    __slots__ = (
        "authorization", "chunked", "expects_continue", "keep_alive", "length", "origin", "request_id",
        "text", "upgrade",
    )  # fmt: skip

    def __init__(self, minor: int) -> None:
        self.text = b""
        """The fields that travel on, each with CRLF in front."""
        self.length = 0
        self.chunked = False
        self.keep_alive = minor == 1
        self.expects_continue = False
        self.upgrade = False
        self.request_id = b""
        self.authorization = b""
        self.origin = b""


class Request:
    """What a request's head says; `fields` are the ones that travel on, each with CRLF in front."""

    __slots__ = (
        "authorization", "chunked", "expects_continue", "fields", "has_body", "keep_alive", "length",
        "method", "minor", "origin", "path", "request_id", "target", "upgrade",
    )  # fmt: skip

    def __init__(self, method: bytes, target: bytes, minor: int, fields: Fields) -> None:
        self.method = method
        self.target = target
        self.path = target.partition(b"?")[0] if b"?" in target else target
        self.minor = minor
        self.fields = fields.text
        self.length = fields.length
        self.chunked = fields.chunked
        self.has_body = fields.chunked or fields.length > 0
        self.keep_alive = fields.keep_alive
        self.expects_continue = fields.expects_continue
        self.upgrade = fields.upgrade and method == b"GET"
        self.request_id = fields.request_id
        self.authorization = fields.authorization
        self.origin = fields.origin

    def body(self) -> Body:
        """What follows the body that comes after the head."""
        return Chunked() if self.chunked else Length(self.length)


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
        if target[0] != 47 or _SUSPECT.search(target):
            target = _origin_form(target, method)
        block = head[line.end() - 2 :]
        if version == b"1.1":
            return Request(method, target, 1, self._known.get(block) or self._read(block, 1))
        minor = int(version != b"1.0")
        return Request(method, target, minor, _parse_fields(block, minor, self._max_fields))

    def _read(self, block: bytes, minor: int) -> Fields:
        fields = _parse_fields(block, minor, self._max_fields)
        if len(block) <= KNOWN_SIZE:
            if len(self._known) >= KNOWN_COUNT:
                self._known.clear()
            self._known[block] = fields
        return fields


def parse_request(head: bytes, max_fields: int) -> Request:
    """The request whose head this is, blank line included. Raises BadRequest."""
    return RequestParser(max_fields).parse(head)


def find_malformed_start(buffer: bytes) -> bool:
    """Whether an incomplete head can never become a good one: a line feed without its CR."""
    at = buffer.find(b"\n")
    while at >= 0:
        if at == 0 or buffer[at - 1] != 13:
            return True
        at = buffer.find(b"\n", at + 1)
    return b"\0" in buffer


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


def _parse_fields(block: bytes, minor: int, max_fields: int) -> Fields:
    if _FIELDS.fullmatch(block) is None:
        raise BadRequest(400, "malformed header field")
    if block.count(b"\r\n") > max_fields + 2:
        raise BadRequest(431, "too many header fields")
    fields = Fields(minor)
    seen: dict[bytes, bytes] = {}
    kept = []
    at = 0
    for match in _KNOWN.finditer(block):
        name = match[1].lower()
        value = match[2].rstrip(b" \t")
        if name in seen:
            value = _joined(name, seen[name], value)
        seen[name] = value
        if name in _DROPPED:
            kept.append(block[at : match.start()])
            at = match.end()
    kept.append(block[at:-4])
    fields.text = b"".join(kept)
    _read_fields(fields, seen, minor)
    return fields


def _joined(name: bytes, first: bytes, second: bytes) -> bytes:
    if name in _ONCE:
        raise BadRequest(400, f"more than one {name.decode()}")
    return first + b", " + second


def _read_fields(fields: Fields, seen: dict[bytes, bytes], minor: int) -> None:
    host = seen.get(b"host")
    if (host is None and minor == 1) or (host and not _HOST.fullmatch(host)):
        raise BadRequest(400, "a request needs one well-formed Host")
    if b"content-length" in seen or b"transfer-encoding" in seen:
        _read_framing(fields, seen, minor)
    connection = seen.get(b"connection")
    if connection is not None:
        _read_connection(fields, connection.lower(), seen, minor)
    if b"expect" in seen:
        _read_expect(fields, seen[b"expect"], minor)
    request_id = seen.get(b"x-request-id", b"")
    fields.request_id = request_id if _REQUEST_ID.fullmatch(request_id) else b""
    fields.authorization = seen.get(b"authorization", b"")
    fields.origin = seen.get(b"origin", b"")


def _read_framing(fields: Fields, seen: dict[bytes, bytes], minor: int) -> None:
    length = seen.get(b"content-length")
    coding = seen.get(b"transfer-encoding")
    if length is not None and coding is not None:
        raise BadRequest(400, "both content-length and transfer-encoding")
    if coding is not None:
        if minor == 0:
            raise BadRequest(400, "transfer-encoding in HTTP/1.0")
        if coding.lower() != b"chunked":
            raise BadRequest(501, "the only transfer-encoding known here is chunked")
        fields.chunked = True
        fields.text += b"\r\nTransfer-Encoding: chunked"
    elif length is not None:
        if not _LENGTH.fullmatch(length):
            raise BadRequest(400, "malformed content-length")
        fields.length = int(length)


def _read_connection(fields: Fields, connection: bytes, seen: dict[bytes, bytes], minor: int) -> None:
    if connection == b"keep-alive":
        fields.keep_alive = True
        return
    options = {option.strip(b" \t") for option in connection.split(b",")}
    if b"close" in options:
        fields.keep_alive = False
    elif b"keep-alive" in options:
        fields.keep_alive = True
    if b"upgrade" in options and seen.get(b"upgrade", b"").lower() == b"websocket":
        _read_upgrade(fields, minor)
    for option in options - {b"close", b"keep-alive", b"upgrade", b""}:
        _drop_field(fields, option)


def _read_upgrade(fields: Fields, minor: int) -> None:
    if minor == 1 and not fields.chunked and not fields.length:
        fields.upgrade = True
        fields.text += b"\r\nConnection: Upgrade\r\nUpgrade: websocket"


def _drop_field(fields: Fields, name: bytes) -> None:
    if name in _NEVER_HOP_BY_HOP:
        raise BadRequest(400, f"connection names {name.decode()}, which is not hop-by-hop")
    pattern = rb"\r\n" + re.escape(name) + rb":[^\r]*"
    fields.text = re.sub(pattern, b"", fields.text, flags=re.IGNORECASE)


def _read_expect(fields: Fields, expect: bytes, minor: int) -> None:
    if expect.lower() != b"100-continue":
        raise BadRequest(417, "the only expectation known here is 100-continue")
    if minor == 0 or not (fields.chunked or fields.length):
        _drop_field(fields, b"expect")
    else:
        fields.expects_continue = True
