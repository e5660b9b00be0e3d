"""Reading text from files and standard input."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from wingsctl.documents import Problem
from wingsctl.errors import ProfileError

MAX_BYTES = 4 * 1024 * 1024
"""What is read of one file: the largest published config.json has 2.9 MiB."""


def read_text(path: Path, shown: str = "", *, max_mib: int = MAX_BYTES // 2**20) -> str:
    """The file or pipe as UTF-8 text; raises ProfileError where it cannot be read as that."""
    most = max_mib * 2**20
    try:
        with path.open("rb") as file:
            return _decoded(file.read(most + 1), shown or str(path), most)
    except (OSError, ValueError) as error:
        raise _unreadable(shown or str(path), _reason(error)) from error


def read_regular(path: Path, shown: str = "") -> str:
    """As read_text, of a file that a profile or catalog names.

    A pipe or a device is refused: reading it could wait for ever.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _unreadable(shown or str(path), "is not a regular file")
            return _decoded(file.read(MAX_BYTES + 1), shown or str(path))
    except (OSError, ValueError) as error:
        raise _unreadable(shown or str(path), _reason(error)) from error


def _without_waiting(path: str, flags: int) -> int:
    """Opened at once, also a pipe that has no writer."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_stdin(*, max_mib: int = MAX_BYTES // 2**20) -> str:
    """Standard input as UTF-8 text; raises ProfileError."""
    if sys.stdin is None:
        raise _unreadable("<stdin>", "standard input is closed")
    try:
        most = max_mib * 2**20
        return _decoded(sys.stdin.buffer.read(most + 1), "<stdin>", most)
    except OSError as error:
        raise _unreadable("<stdin>", _reason(error)) from error


def _decoded(data: bytes, shown: str, most: int = MAX_BYTES) -> str:
    if len(data) > most:
        raise _unreadable(shown, f"is larger than {most // 2**20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(shown, "is not UTF-8 text", line) from error


def _reason(error: OSError | ValueError) -> str:
    """The system's words, or for a name that is no path (NUL, not in the locale) our own."""
    if isinstance(error, OSError):
        return (error.strerror or "unreadable").lower()
    return "the name cannot be a path here"


def _unreadable(file: str, reason: str, line: int = 1) -> ProfileError:
    return ProfileError(f"cannot read {file}", problems=[Problem(file, line, 1, "", reason)])
