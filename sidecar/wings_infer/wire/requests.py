"""Request heads: strict, so that no other parser can read one differently."""

from __future__ import annotations

import re

from wings_infer.errors import BadRequest
from wings_infer.wire.framing import Body, Chunked, Length

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_LINE = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) HTTP/(\d)\.(\d)\r\n")
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


class Request:
    """What a request's head says; `fields` are the ones that travel on, each with CRLF in front."""

    __slots__ = (
        "authorization", "chunked", "expects_continue", "fields", "keep_alive", "length", "method",
        "minor", "origin", "path", "request_id", "target", "upgrade",
    )  # fmt: skip

    def __init__(self, method: bytes, target: bytes, minor: int) -> None:
        self.method = method
        self.target = target
        self.path = target.partition(b"?")[0]
        self.minor = minor
        self.fields = b""
        self.length = 0
        self.chunked = False
        self.keep_alive = minor == 1
        self.expects_continue = False
        self.upgrade = False
        self.request_id = b""
        self.authorization = b""
        self.origin = b""

    @property
    def has_body(self) -> bool:
        """Bytes follow the head."""
        return self.chunked or self.length > 0

    def body(self) -> Body:
        """What follows the body that comes after the head."""
        return Chunked() if self.chunked else Length(self.length)


def parse_request(head: bytes, max_fields: int) -> Request:
    """The request whose head this is, blank line included. Raises BadRequest."""
    line = _LINE.match(head)
    if line is None:
        raise BadRequest(400, "malformed request line")
    method, target, major, minor = line.groups()
    if major != b"1":
        raise BadRequest(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
    start = line.end() - 2
    if _FIELDS.fullmatch(head, start) is None:
        raise BadRequest(400, "malformed header field")
    if head.count(b"\r\n", start) > max_fields + 2:
        raise BadRequest(431, "too many header fields")
    request = Request(method, _origin_form(target, method), 1 if minor >= b"1" else 0)
    _take_fields(request, head, start)
    return request


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
    if _SUSPECT.search(target) and _ODD_PATH.search(target.partition(b"?")[0]):
        raise BadRequest(400, "the path has dot segments or characters that mean different things")
    return target


def _take_fields(request: Request, head: bytes, start: int) -> None:
    seen: dict[bytes, bytes] = {}
    kept = []
    at = start
    for match in _KNOWN.finditer(head, start):
        name = match[1].lower()
        value = match[2].rstrip(b" \t")
        if name in seen:
            value = _joined(name, seen[name], value)
        seen[name] = value
        if name in _DROPPED:
            kept.append(head[at : match.start()])
            at = match.end()
    kept.append(head[at:-4])
    request.fields = b"".join(kept)
    _read_fields(request, seen)


def _joined(name: bytes, first: bytes, second: bytes) -> bytes:
    if name in _ONCE:
        raise BadRequest(400, f"more than one {name.decode()}")
    return first + b", " + second


def _read_fields(request: Request, seen: dict[bytes, bytes]) -> None:
    host = seen.get(b"host")
    if (host is None and request.minor == 1) or (host and not _HOST.fullmatch(host)):
        raise BadRequest(400, "a request needs one well-formed Host")
    if b"content-length" in seen or b"transfer-encoding" in seen:
        _read_framing(request, seen)
    connection = seen.get(b"connection")
    if connection is not None:
        _read_connection(request, connection.lower(), seen)
    if b"expect" in seen:
        _read_expect(request, seen[b"expect"])
    request_id = seen.get(b"x-request-id", b"")
    request.request_id = request_id if _REQUEST_ID.fullmatch(request_id) else b""
    request.authorization = seen.get(b"authorization", b"")
    request.origin = seen.get(b"origin", b"")


def _read_framing(request: Request, seen: dict[bytes, bytes]) -> None:
    length = seen.get(b"content-length")
    coding = seen.get(b"transfer-encoding")
    if length is not None and coding is not None:
        raise BadRequest(400, "both content-length and transfer-encoding")
    if coding is not None:
        if request.minor == 0:
            raise BadRequest(400, "transfer-encoding in HTTP/1.0")
        if coding.lower() != b"chunked":
            raise BadRequest(501, "the only transfer-encoding known here is chunked")
        request.chunked = True
        request.fields += b"\r\nTransfer-Encoding: chunked"
    elif length is not None:
        if not _LENGTH.fullmatch(length):
            raise BadRequest(400, "malformed content-length")
        request.length = int(length)


def _read_connection(request: Request, connection: bytes, seen: dict[bytes, bytes]) -> None:
    if connection == b"keep-alive":
        request.keep_alive = True
        return
    options = {option.strip(b" \t") for option in connection.split(b",")}
    if b"close" in options:
        request.keep_alive = False
    elif b"keep-alive" in options:
        request.keep_alive = True
    if b"upgrade" in options and seen.get(b"upgrade", b"").lower() == b"websocket":
        _read_upgrade(request)
    for option in options - {b"close", b"keep-alive", b"upgrade", b""}:
        _drop_field(request, option)


def _read_upgrade(request: Request) -> None:
    if request.method == b"GET" and request.minor == 1 and not request.has_body:
        request.upgrade = True
        request.fields += b"\r\nConnection: Upgrade\r\nUpgrade: websocket"


def _drop_field(request: Request, name: bytes) -> None:
    if name in _NEVER_HOP_BY_HOP:
        raise BadRequest(400, f"connection names {name.decode()}, which is not hop-by-hop")
    pattern = rb"\r\n" + re.escape(name) + rb":[^\r]*"
    request.fields = re.sub(pattern, b"", request.fields, flags=re.IGNORECASE)


def _read_expect(request: Request, expect: bytes) -> None:
    if expect.lower() != b"100-continue":
        raise BadRequest(417, "the only expectation known here is 100-continue")
    if request.minor == 0 or not request.has_body:
        _drop_field(request, b"expect")
    else:
        request.expects_continue = True
