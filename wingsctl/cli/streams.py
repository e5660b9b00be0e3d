"""Standard output and standard error that a command can always write to.

A stream can be closed, its disk full, its reader gone, or its encoding too small. None of
that interrupts a command: the stream notes what it could not write, and shows what it
cannot encode, or what a terminal would obey, as an escape.
"""

from __future__ import annotations

import errno
import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_OBEYED = {
    code: f"\\u{code:04x}"
    for codes in (
        range(0x09), range(0x0B, 0x20), range(0x7F, 0xA0), (0x061C, 0x200E, 0x200F),
        range(0x2028, 0x202F), range(0x2066, 0x206A),
    )
    for code in codes
}  # fmt: skip
"""Control characters but tab and line feed, line separators, marks that turn text around."""


def visible(text: str) -> str:
    r"""The text with each character that a terminal obeys as `\uXXXX`, as in JSON.

    A carriage return before a line feed stays. (No `re` and no `typing` here: `--version`
    starts without them.)
    """
    return "\r\n".join(part.translate(_OBEYED) for part in text.split("\r\n"))


class Stream(io.TextIOBase):
    """Writes to `target` until that fails; `failure` is the first error, None without one.

    `target` is None where the process was started with the stream closed: then only the
    first write fails. The stream has no `buffer`, so that no library writes around it.
    """

    def __init__(self, target: TextIO | None) -> None:
        super().__init__()
        self._target = target
        self.failure: OSError | None = None
        self._drawn = 0
        if isinstance(target, io.TextIOWrapper):
            target.reconfigure(errors="backslashreplace")

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the target."""
        return getattr(self._target, "encoding", None) or "utf-8"

    @property
    def is_lost(self) -> bool:
        """Whether output is missing that a reader still waits for."""
        return self.failure is not None and not isinstance(self.failure, BrokenPipeError)

    def write(self, text: str) -> int:
        """Write, or note why that is not possible; raises TypeError for bytes."""
        if not isinstance(text, str):
            raise TypeError(f"text is needed, not {type(text).__name__}")
        if self._target is None and text:
            self.failure = OSError(errno.EBADF, "it is closed")
        self._attempt("write", visible(text))
        return len(text)

    def redraw(self, line: str) -> None:
        """Put `line` in the place of the one drawn before, on a terminal; empty erases it."""
        shown = visible(line)
        if shown or self._drawn:
            erased = " " * max(self._drawn - len(shown), 0)
            self._attempt("write", f"\r{shown}{erased}" + ("" if shown else "\r"))
            self._attempt("flush")
        self._drawn = len(shown)

    def flush(self) -> None:
        """Hand on what is buffered, or note why that is not possible."""
        self._attempt("flush")

    def isatty(self) -> bool:
        """Whether a person reads along."""
        return self._target is not None and self._target.isatty()

    def fileno(self) -> int:
        """The file descriptor; raises OSError where the stream is closed."""
        if self._target is None:
            raise OSError(errno.EBADF, "it is closed")
        return self._target.fileno()

    def _attempt(self, method: str, *arguments: str) -> None:
        if self._target is None or self.failure is not None:
            return
        try:
            getattr(self._target, method)(*arguments)
        except OSError as error:
            self.failure = error


def open_streams() -> tuple[Stream, Stream]:
    """Put Streams in the place of sys.stdout and sys.stderr, and return both.

    Descriptors 0 to 2 that are closed lead to the null device from then on: else the next
    file that the program opens would take the number, and a child write its messages there.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    out, err = Stream(sys.stdout), Stream(sys.stderr)
    sys.stdout, sys.stderr = out, err
    return out, err


def end_process(code: int, out: Stream, err: Stream) -> None:
    """Flush and leave with `code`, or with 1 where only the output failed.

    Taking the interpreter apart would cost as much as a render.
    """
    out.flush()
    if out.is_lost and out.failure is not None:
        reason = (out.failure.strerror or str(out.failure)).lower()
        err.write(f"error: cannot write to standard output: {reason}\n")
        code = code or 1
    err.flush()
    os._exit(code)
