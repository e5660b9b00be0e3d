"""What the engine printed: its last failure, and its progress while it loads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

LAST_FAILURE = "engine_failure.txt"
PARTS = ("engine_output.2.txt", "engine_output.1.txt")
READ_LIMIT = 256 * 1024
TAIL = 4096
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
