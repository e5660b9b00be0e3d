"""What a connection has brought and nothing has been made of yet: heads are found in it."""

from __future__ import annotations

import re

from wings_infer.errors import BadRequest

_END = b"\r\n\r\n"
_EMPTY_LINES = re.compile(rb"(?:\r\n)+")


class Incoming:
    """Bytes in the order in which they came. However they are cut, each is searched once."""

    __slots__ = ("_at", "_data", "_kind", "_searched", "left")

    def __init__(self, kind: type[bytearray] = bytearray) -> None:
        self._kind = kind
        """What several pieces are joined in."""
        self._data: bytes | bytearray = b""
        self._at = 0
        """Where what is left begins."""
        self._searched = 0
        """No head ends before this."""
        self.left = 0
        """How many bytes are left."""

    def add(self, data: bytes) -> None:
        """More has come."""
        if self.left:
            self._join(data)
        else:
            self._data = data
            self._at = self._searched = 0
        self.left += len(data)

    def _join(self, data: bytes) -> None:
        joined = self._data if isinstance(self._data, bytearray) else self._kind(self._data)
        if self._at > self.left:  # what was taken is more than what is left
            del joined[: self._at]
            self._searched = max(self._searched - self._at, 0)
            self._at = 0
        joined += data
        self._data = joined

    def take(self) -> bytes:
        """All that is left; nothing is, then."""
        data = bytes(self._data[self._at :])
        self._data = b""
        self._at = self._searched = self.left = 0
        return data

    def next_head(self, limit: int) -> bytes | None:
        """The next head of at most `limit` bytes, blank line included; None: it is not whole yet.

        Empty lines before it are forgiven. Raises BadRequest when it can never become a good one.
        """
        if self._data.startswith(b"\r", self._at):
            self._skip_empty_lines()
        data, at, searched = self._data, self._at, self._searched
        end = data.find(_END, at if searched <= at + 3 else searched - 3) + 4
        if 3 < end <= at + limit:
            self._go_on_at(end)
            return bytes(data[at:end])
        self._check_start(limit)
        self._searched = len(data)
        return None

    def _skip_empty_lines(self) -> None:
        lines = _EMPTY_LINES.match(self._data, self._at)
        if lines is not None:
            self._go_on_at(lines.end())

    def _go_on_at(self, at: int) -> None:
        self.left = len(self._data) - at
        if not self.left:
            self._data, at = b"", 0  # idle connections keep nothing
        self._at = self._searched = at

    def _check_start(self, limit: int) -> None:
        """Looks at what was not searched before: a line feed without its CR, a NUL."""
        data, start = self._data, max(self._at, self._searched)
        before = max(self._at, start - 1)
        if data.count(b"\n", start) > data.count(b"\r\n", before) or data.find(b"\0", start) >= 0:
            raise BadRequest(400, "malformed request")
        if self.left >= limit:
            raise BadRequest(431, "the head of the request is too long")
