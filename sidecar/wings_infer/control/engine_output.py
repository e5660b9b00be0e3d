"""What the engine printed: its last failure and the errors in it, and its progress while it loads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

LAST_FAILURE = "engine_failure.txt"
PARTS = ("engine_output.2.txt", "engine_output.1.txt")
READ_LIMIT = 256 * 1024
TAIL = 4096
MOST_ERRORS = 3
_ERROR = re.compile(r"Error\b|Exception\b|error: ")
_PERCENT = re.compile(r"\b(\d{1,3})%")


def read_last_failure(shared_dir: Path) -> dict[str, Any] | None:
    """Launch, end, time and last lines of the last failed run, None without one."""
    text = _read_end(shared_dir / LAST_FAILURE, READ_LIMIT)
    if not text:
        return None
    head, _, lines = text.partition("\n\n")
    known = dict(line.partition(": ")[::2] for line in head.split("\n"))
    return {
        "launch": known.get("launch", ""),
        "ended": known.get("ended", ""),
        "time": known.get("time", ""),
        "last_lines": lines.splitlines()[-50:],
    }


class LastErrors:
    """The errors that engines ended with, each failure once.

    They go to this container's log, too: the engine's own goes on with what the next engine prints.
    """

    def __init__(self, shared_dir: Path) -> None:
        self._shared_dir = shared_dir
        self._seen: dict[str, Any] | None = None

    def read(self, launch: str) -> list[str]:
        """The lines of a failure of this launch; empty where it has not failed, or had been read."""
        try:
            failure = read_last_failure(self._shared_dir)
        except OSError:
            return []
        if not failure or failure["launch"] != launch or failure == self._seen:
            return []
        self._seen = failure
        lines = [line.strip()[:300] for line in failure["last_lines"] if line.strip()]
        return [line for line in lines if _ERROR.search(line)][-MOST_ERRORS:] or lines[-1:]


def read_progress(shared_dir: Path) -> dict[str, Any]:
    """The last line the engine printed, and the last percentage in it if any."""
    for part in PARTS:
        lines = [
            line for line in re.split(r"[\r\n]+", _read_end(shared_dir / part, TAIL)) if line.strip()
        ]
        if lines:
            percent = _PERCENT.findall(lines[-1])
            return {"last_line": lines[-1][:300], "percent": int(percent[-1]) if percent else None}
    return {"last_line": "", "percent": None}


def _read_end(path: Path, limit: int) -> str:
    try:
        with path.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - limit))
            return stream.read(limit).decode(errors="replace")
    except FileNotFoundError:
        return ""
