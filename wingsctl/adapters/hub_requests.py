"""Pieces of files over HTTP: bounded in bytes and time, tried again where that can help.

Which library sends a request is its caller's: it gives `send`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from wingsctl.errors import ToolError, ToolTimeoutError

MAX_TOTAL_BYTES = 512 * 2**20
"""Of one command: a thousand headers of 0.5 MiB."""
ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.5
MAX_WAIT_SECONDS = 60.0
"""A hub that wants a longer pause is not waited for."""
AGAIN = {408, 429, 500, 502, 503, 504}
REQUEST_SECONDS = 30.0
"""Until a connection stands, and between two pieces of an answer."""


@dataclass(frozen=True)
class Answer:
    """The head of an HTTP response, and its body in pieces, not decoded."""

    status: int
    headers: Mapping[str, str]
    """With names in lower case."""
    pieces: Iterator[bytes]


Send = Callable[[str, str], AbstractContextManager[Answer]]
"""URL and value of Range ("" for none) -> the answer; raises SendError."""


class SendError(Exception):
    """No answer, or a part of one: the connection failed."""


class RefusedError(Exception):
    """An answer that is final: its status, and the hub's word for the reason."""

    def __init__(self, status: int, code: str = "") -> None:
        super().__init__(f"{status} {code}".strip())
        self.status, self.code = status, code


@dataclass
class Requests:
    """All requests of one command, with one budget of bytes and of seconds."""

    send: Send
    hub: str
    """For messages."""
    seconds: float
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    left: int = MAX_TOTAL_BYTES
    deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.deadline = self.now() + self.seconds

    def read(self, url: str, first: int, count: int) -> bytes:
        """Bytes of a file from `first` on, at most `count`.

        Raises RefusedError for a final answer, ToolError where the hub is not reached or asks
        for too long a pause, ToolTimeoutError when the time is up.
        """
        if count <= 0:
            return b""
        part = f"bytes={first}-{first + count - 1}"
        return self._patiently(lambda: self._read(url, part, first, count))

    def read_page(self, url: str, limit: int) -> str:
        """All of what is no file, as text; raises as `read`, and ToolError beyond the limit."""
        found = self._patiently(lambda: self._read(url, "", 0, limit + 1))
        if len(found) > limit:
            raise ToolError(f"{self.hub} sends more than {limit // 2**20} MiB for {url}")
        return found.decode("utf-8", "replace")

    def _patiently(self, attempt: Callable[[], bytes]) -> bytes:
        for number in range(ATTEMPTS - 1):
            self._check_time()
            try:
                return attempt()
            except _AgainError as again:
                self._wait(again, FIRST_WAIT_SECONDS * 2**number)
        try:
            return attempt()
        except _AgainError as again:
            raise ToolError(
                f"{self.hub} does not answer as it should: {again}",
                hint=f"it was asked {ATTEMPTS} times; run the command again later",
            ) from again

    def _wait(self, again: _AgainError, usual: float) -> None:
        pause = usual if again.pause is None else again.pause
        if pause > MAX_WAIT_SECONDS or self.now() + pause > self.deadline:
            raise ToolError(
                f"{self.hub} asks to wait for {pause:g} s: {again}",
                hint="run the command again after that; with a token the limits are higher",
            )
        self.sleep(pause)

    def _read(self, url: str, part: str, first: int, count: int) -> bytes:
        try:
            with self.send(url, part) as answer:
                if answer.status == 416:  # behind the end, as in an empty file
                    return b""
                if answer.status not in (200, 206):
                    self._refuse(answer)
                offset = _first_byte(answer) if answer.status == 206 else 0
                if not 0 <= first - offset <= first:
                    raise _AgainError(f"it sent bytes from {offset} on, not from {first}")
                return self._body(answer, first - offset, count)
        except SendError as error:
            self._check_time()
            raise _AgainError(str(error)) from error

    def _body(self, answer: Answer, skipped: int, count: int) -> bytes:
        """What is wanted of the body; more of it is not read."""
        encoding = answer.headers.get("content-encoding", "identity")
        if encoding != "identity":
            raise ToolError(f"{self.hub} sends {encoding} where plain bytes were asked for")
        found = bytearray()
        for piece in answer.pieces:
            self._check_time()
            self._spend(len(piece))
            found += piece
            if len(found) >= skipped + count:
                break
        wanted = bytes(found[skipped : skipped + count])
        stated = answer.headers.get("content-length", "")
        if len(wanted) < count and stated.isdecimal() and len(found) < int(stated[:20]):
            raise _AgainError(f"it sent {len(found)} bytes of {stated}")
        return wanted

    def _refuse(self, answer: Answer) -> None:
        """Raises what the status says. The body is not shown: it could hold the token."""
        if answer.status in AGAIN:
            raise _AgainError(f"HTTP status {answer.status}", _pause(answer))
        raise RefusedError(answer.status, answer.headers.get("x-error-code", ""))

    def _check_time(self) -> None:
        if self.now() > self.deadline:
            raise ToolTimeoutError(
                f"{self.hub} did not send everything within {self.seconds:g} s",
                hint="run the command again, with a larger --timeout",
            )

    def _spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise ToolError(f"{self.hub} sends more than {MAX_TOTAL_BYTES // 2**20} MiB")


class _AgainError(Exception):
    """What a second attempt may mend; `pause`: seconds that the hub asks for."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


def _pause(answer: Answer) -> float | None:
    """Seconds of Retry-After; None where it is absent or a date."""
    text = answer.headers.get("retry-after", "").strip()
    return float(text[:9]) if text.isdecimal() else None


def _first_byte(answer: Answer) -> int:
    """Of Content-Range: `bytes 0-99/1000`; -1 where it is not readable."""
    text = answer.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0]
    return int(text) if text.isdecimal() and len(text) < 20 else -1
