"""Where a body ends: by length, by chunks or by the end of the connection; never a copy of it."""

from __future__ import annotations

import re

from wings_infer.errors import BadMessage

LINE_LIMIT = 4096
TRAILER_LIMIT = 65536
_TEXT = rb"[\t -~\x80-\xff]*"
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
_PART_OF_SIZE = re.compile(rb"(?:[0-9A-Fa-f]{1,15}\r?)?")
_EXTENDED_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}[ \t]*;")
_TRAILER = re.compile(rb"(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+):" + _TEXT + rb")?\r\n")
_PART_OF_TRAILER = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?::" + _TEXT + rb")?)?\r?")
_NOT_IN_TRAILERS = frozenset(
    {b"content-length", b"transfer-encoding", b"host", b"connection", b"upgrade", b"te", b"trailer",
     b"authorization", b"content-encoding", b"content-type", b"content-range", b"expect",
     b"keep-alive", b"proxy-connection", b"proxy-authorization", b"http2-settings", b"x-request-id",
     b"cookie", b"forwarded", b"origin", b"via"}
)  # fmt: skip
"""Some parsers add trailers to the fields of the head."""


class Length:
    """A body of known length, in bytes."""

    __slots__ = ("done", "left", "spans")

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = length == 0
        self.spans: list[tuple[int, int]] | None = None

    def feed(self, data: bytes, start: int = 0) -> int:
        """Follows the body through data[start:]; the index where the body's part of it ends."""
        end = min(len(data), start + self.left)
        self.left -= end - start
        self.done = not self.left
        if self.spans is not None:
            self.spans.append((start, end))
        return end


class UntilClose:
    """A body that ends with its connection."""

    __slots__ = ("done", "spans")

    def __init__(self) -> None:
        self.done = False
        self.spans: list[tuple[int, int]] | None = None

    def feed(self, data: bytes, start: int = 0) -> int:
        """All of data[start:] is body."""
        if self.spans is not None:
            self.spans.append((start, len(data)))
        return len(data)


class Chunked:
    """A body in chunks. Nothing is accepted that another parser might read differently."""

    __slots__ = ("done", "in_trailers", "left", "line", "spans", "total", "trailer_bytes")

    def __init__(self) -> None:
        self.left = 0
        self.line = b""
        self.done = False
        self.in_trailers = False
        self.trailer_bytes = 0
        self.total = 0
        self.spans: list[tuple[int, int]] | None = None

    def feed(self, data: bytes, start: int = 0) -> int:
        """Follows the chunks through data[start:]; the index where the body's part of it ends.

        Raises BadMessage; then nothing of this data may be passed on.
        """
        at, size = start, len(data)
        while at < size and not self.done:
            if self.left:
                at = self._in_chunk(data, at, size)
            elif self.in_trailers:
                at = self._in_trailer(data, at)
            else:
                at = self._at_size(data, at)
        return at

    def _in_chunk(self, data: bytes, at: int, size: int) -> int:
        left = self.left
        end = at + left
        if end <= size:
            ending = data[max(at, end - 2) : end]
            if not b"\r\n".endswith(ending):
                raise BadMessage("a chunk does not end where its size says")
            self._note(at, end - 2)
            self.left = 0
            return end
        self.left = end - size
        if self.left == 1 and data[size - 1] != 13:
            raise BadMessage("a chunk does not end where its size says")
        self._note(at, size - (self.left == 1))
        return size

    def _note(self, start: int, end: int) -> None:
        if self.spans is not None and end > start:
            self.spans.append((start, end))

    def _at_size(self, data: bytes, at: int) -> int:
        if self.line:
            return self._line_in_pieces(data, at, _SIZE, _PART_OF_SIZE)
        match = _SIZE.match(data, at, at + LINE_LIMIT)
        if match is None:
            return self._line_in_pieces(data, at, _SIZE, _PART_OF_SIZE)
        self._begin_chunk(int(match[1], 16))
        return match.end()

    def _in_trailer(self, data: bytes, at: int) -> int:
        return self._line_in_pieces(data, at, _TRAILER, _PART_OF_TRAILER)

    def _line_in_pieces(
        self, data: bytes, at: int, whole: re.Pattern[bytes], part: re.Pattern[bytes]
    ) -> int:
        newline = data.find(b"\n", at) + 1
        line = self.line + data[at : newline or len(data)]
        if len(line) > LINE_LIMIT:
            raise BadMessage("a line between chunks is too long")
        match = whole.fullmatch(line)
        if match is None:
            if newline or not part.fullmatch(line):
                raise BadMessage(_problem(line, whole))
            self.line = line
            return len(data)
        self.line = b""
        if whole is _SIZE:
            self._begin_chunk(int(match[1], 16))
        else:
            self._end_trailer(match[1], len(line))
        return newline

    def _begin_chunk(self, size: int) -> None:
        self.total += size
        if size:
            self.left = size + 2
        else:
            self.in_trailers = True

    def _end_trailer(self, name: bytes | None, size: int) -> None:
        self.trailer_bytes += size
        if name is None:
            self.done = True
        elif _is_no_trailer(name.lower()) or self.trailer_bytes > TRAILER_LIMIT:
            raise BadMessage("a field that may not be a trailer, or too many trailers")


def _is_no_trailer(name: bytes) -> bool:
    return name in _NOT_IN_TRAILERS or name.startswith(b"x-forwarded-")


def _problem(line: bytes, whole: re.Pattern[bytes]) -> str:
    if whole is _SIZE and _EXTENDED_SIZE.match(line):
        return "chunk extensions are not accepted"  # some parsers take them for something else
    return "a chunk size or trailer is malformed"


Body = Length | Chunked | UntilClose


def chunked_payload(body: Body, data: bytes) -> bytes:
    """The payload in the next piece of a body, without framing. Raises BadMessage."""
    body.spans = []
    body.feed(data)
    return b"".join([data[start:end] for start, end in body.spans])
