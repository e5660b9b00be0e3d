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
_NAMES = re.compile(rb"\r\n([^:\r]+):")
_METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
"""Not CONNECT, after which a parser expects no HTTP any more, nor what parsers do not know."""
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"proxy-connection",
     b"proxy-authorization", b"http2-settings"}
)  # fmt: skip
"""For this connection alone: they never travel on, named in Connection or not."""
_DECIDED = frozenset({b"content-length", b"transfer-encoding", b"expect", b"x-request-id"})
"""Read here and written anew: what travels on is what was understood."""
_DROPPED = _HOP_BY_HOP | _DECIDED
_ONCE = frozenset({b"host", b"content-length", b"transfer-encoding"})
_OPTIONS = _HOP_BY_HOP | {b"close", b""}
_FIXED = _DECIDED | {b"host", b"authorization", b"content-type"}
_UPGRADE = b"\r\nConnection: Upgrade\r\nUpgrade: websocket"
_NO_HOST = b"\r\nHost: localhost"
"""For a request in HTTP/1.0 without one: it travels on in HTTP/1.1, which needs one."""


KNOWN_COUNT = 512
KNOWN_SIZE = 2048
"""Bounds of what is remembered: blocks of fields, and bytes of each."""


class Fields:
    """What a request's header fields say; shared by all requests with the same ones."""

    __slots__ = (
        "authorization", "chunked", "expects_continue", "keep_alive", "length", "origin", "own",
        "request_id", "text", "upgrade",
    )  # fmt: skip

    def __init__(self, minor: int) -> None:
        self.text = b""
        """The client's fields that travel on, each with CRLF in front."""
        self.own = b""
        """The fields that are decided here: framing, expectation. In the same form."""
        self.length = 0
        self.chunked = False
        self.keep_alive = minor == 1
        self.expects_continue = False
        self.upgrade = False
        self.request_id = b""
        self.authorization = b""
        self.origin = b""


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
    _read_fields(fields, seen, block, minor)
    return fields


def _joined(name: bytes, first: bytes, second: bytes) -> bytes:
    if name in _ONCE:
        raise BadRequest(400, f"more than one {name.decode()}")
    return first + b", " + second


def _read_fields(fields: Fields, seen: dict[bytes, bytes], block: bytes, minor: int) -> None:
    host = seen.get(b"host")
    if (host is None and minor == 1) or (host and not _HOST.fullmatch(host)):
        raise BadRequest(400, "a request needs one well-formed Host")
    if host is None:
        fields.text += _NO_HOST
    if b"content-length" in seen or b"transfer-encoding" in seen:
        _read_framing(fields, seen, minor)
    if b"expect" in seen:
        _read_expect(fields, seen[b"expect"], minor)
    connection = seen.get(b"connection")
    if connection is not None:
        _read_connection(fields, connection.lower(), seen, block, minor)
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
        fields.own += b"\r\nTransfer-Encoding: chunked"
    elif length is not None:
        if not _LENGTH.fullmatch(length):
            raise BadRequest(400, "malformed content-length")
        fields.length = int(length)
        fields.own += b"\r\nContent-Length: %d" % fields.length


def _read_expect(fields: Fields, expect: bytes, minor: int) -> None:
    if expect.lower() != b"100-continue":
        raise BadRequest(417, "the only expectation known here is 100-continue")
    if minor == 1 and (fields.chunked or fields.length):
        fields.expects_continue = True
        fields.own += b"\r\nExpect: 100-continue"


def _read_connection(
    fields: Fields, connection: bytes, seen: dict[bytes, bytes], block: bytes, minor: int
) -> None:
    if connection == b"keep-alive":
        fields.keep_alive = True
        return
    options = {option.strip(b" \t") for option in connection.split(b",")}
    if b"close" in options:
        fields.keep_alive = False
    elif b"keep-alive" in options:
        fields.keep_alive = True
    if not options <= _OPTIONS:
        _check_named(options - _OPTIONS, block)
    asks_upgrade = b"upgrade" in options and seen.get(b"upgrade", b"").lower() == b"websocket"
    fields.upgrade = asks_upgrade and minor == 1 and not fields.chunked and not fields.length


def _check_named(options: set[bytes], block: bytes) -> None:
    """Nothing is taken away because a client names it: a proxy before us may have added the field."""
    present = {name.lower() for name in _NAMES.findall(block)}
    for name in options & (present | _FIXED):
        raise BadRequest(400, f"connection names {name.decode()}, which is not hop-by-hop")
