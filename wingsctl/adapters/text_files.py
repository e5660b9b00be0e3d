"""Reading text from files and standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from wingsctl.documents import Problem
from wingsctl.errors import ProfileError

_LIMIT_BYTES = 4 * 1024 * 1024


def read_text(path: Path, shown: str = "") -> str:
    """The file as UTF-8 text; raises ProfileError where it cannot be read as that."""
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT_BYTES + 1)
    except OSError as error:
        raise _unreadable(shown or str(path), (error.strerror or "unreadable").lower()) from error
    return _decoded(data, shown or str(path))


def read_stdin() -> str:
    """Standard input as UTF-8 text; raises ProfileError."""
    return _decoded(sys.stdin.buffer.read(_LIMIT_BYTES + 1), "<stdin>")


def _decoded(data: bytes, shown: str) -> str:
    if len(data) > _LIMIT_BYTES:
        raise _unreadable(shown, f"is larger than {_LIMIT_BYTES // 2**20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(shown, "is not UTF-8 text", line) from error


def _unreadable(file: str, reason: str, line: int = 1) -> ProfileError:
    return ProfileError(f"cannot read {file}", problems=[Problem(file, line, 1, "", reason)])
