"""What lies below a directory, to see whether anything was written there."""

from __future__ import annotations

import os
from pathlib import Path

Snapshot = dict[str, tuple[bytes, int, int]]


def snapshot(directory: Path) -> Snapshot:
    """Every file and folder below: content, modification time and inode."""
    found: Snapshot = {}
    for folder, folders, files in os.walk(directory):
        for name in [*folders, *files]:
            path = Path(folder) / name
            status = path.lstat()
            data = path.read_bytes() if path.is_file() else b""
            where = path.relative_to(directory).as_posix()
            found[where] = (data, status.st_mtime_ns, status.st_ino)
    return found


def texts(directory: Path) -> dict[str, str]:
    """Every file below, by relative path."""
    paths = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_text("utf-8") for path in paths}
