"""Header fields of a request: which travel on, and which are decided here."""

from __future__ import annotations

import re

from wings_infer.errors import BadRequest

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_FIELDS = re.compile(rb"(?:\r\n" + _TOKEN + rb":[\t -~\x80-\xff]*)*\r\n\r\n")
_HOST = re.compile(rb"[A-Za-z0-9.\-_~%!$&'()*+,;=:\[\]]*")
_LENGTH = re.compile(rb"\d{1,15}")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_NAMES = re.compile(rb"\r\n([^:\r]+):")
_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"proxy-connection",
     b"proxy-authorization", b"http2-settings"}
)  # fmt: skip
"""For this connection alone: they never travel on, named in Connection or not."""
_DECIDED = frozenset({b"content-length", b"transfer-encoding", b"expect", b"x-request-id"})
"""Read here and written again: what travels on is what was understood."""
_DROPPED = _HOP_BY_HOP | _DECIDED
_READ = _DROPPED | {b"host", b"authorization", b"origin"}
_KNOWN = re.compile(
    rb"\r\n(" + b"|".join(sorted(_READ)) + rb"):[ \t]*([^\r]*)",
    re.IGNORECASE,
)
_ONCE = frozenset({b"host", b"content-length", b"transfer-encoding"})
_OPTIONS = _HOP_BY_HOP | {b"close", b""}
_FIXED = _DECIDED | {b"host", b"authorization", b"content-type"}
_NO_HOST = b"\r\nHost: localhost"
"""For a request in HTTP/1.0 without one: it travels on in HTTP/1.1, which needs one."""


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


def parse_fields(block: bytes, minor: int, max_fields: int) -> Fields:
    """The fields of a request in HTTP/1.`minor`. Raises BadRequest.

    `block` is the head from the end of its first line, that line's CRLF included.
    """
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
