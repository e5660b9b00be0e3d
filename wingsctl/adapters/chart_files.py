"""What lies in a chart directory, and what of it is wingsctl's: nothing is followed or run into.

Links, pipes, devices and the files of a Git repository are named and never opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MARKER = ".wingsctl.json"
"""In every chart that wingsctl made: the digest of each file that it wrote."""
LIMIT_BYTES = 8 * 1024 * 1024
"""Far above any file of a chart; what is larger is not read."""
_KINDS = (
    (stat.S_ISLNK, "symbolic link, not followed"),
    (stat.S_ISFIFO, "named pipe, not read"),
    (stat.S_ISSOCK, "socket, not read"),
    (stat.S_ISCHR, "device, not read"),
    (stat.S_ISBLK, "device, not read"),
)

_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Entry:
    """One thing below a chart directory; `unread` is why a file is not read, else empty."""

    path: str
    unread: str = ""

    def read(self) -> bytes | None:
        """What a regular file holds; None for all else, and where it cannot be read."""
        if self.unread:
            return None
        try:
            handle = os.open(self.path, os.O_RDONLY | _flag("O_NOFOLLOW") | _flag("O_NONBLOCK"))
            with os.fdopen(handle, "rb") as file:
                is_regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                return file.read(LIMIT_BYTES) if is_regular else None
        except OSError:
            return None


@dataclass
class Contents:
    """The files of a directory: wingsctl's own, and those that replacing it would lose."""

    own: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)

    @property
    def foreign(self) -> list[str]:
        """What wingsctl did not write, sorted."""
        return sorted([*self.added, *self.edited])


def entries(directory: Path) -> dict[str, Entry]:
    """Everything below but plain directories, by relative path; {} where there is nothing.

    Raises OSError where the directory itself cannot be listed, or is none.
    """
    try:
        found = {name: entry for name, entry in _below(directory) if entry is not None}
    except FileNotFoundError:
        return {}
    return dict(sorted(found.items()))


def is_work(name: str) -> bool:
    """False for what file managers leave in every directory that is looked at."""
    return name.rsplit("/", 1)[-1] not in _LITTER


def sort_out(directory: Path, tree: Mapping[str, str]) -> Contents:
    """What of a directory wingsctl wrote: by its marker, or because `tree` holds the same.

    Line endings do not count. Raises OSError as `entries` does.
    """
    found = entries(directory)
    known = recorded(found)
    contents = Contents()
    for name, entry in found.items():
        if (name == MARKER and known is not None) or not is_work(name):
            contents.own.append(name)
        elif name not in tree and name not in (known or {}):
            contents.added.append(name)
        elif _is_own(entry.read(), tree.get(name), (known or {}).get(name)):
            contents.own.append(name)
        else:
            contents.edited.append(name)
    return contents


def recorded(found: Mapping[str, Entry]) -> dict[str, str] | None:
    """The digests that the marker holds, by path; None where there is none that can be read."""
    data = found[MARKER].read() if MARKER in found else None
    try:
        files = json.loads(data or b"")["files"]
        return {str(name): str(known) for name, known in files.items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def marker_text(tree: Mapping[str, str]) -> str:
    """The marker of a chart."""
    digests = {path: _digest(text.encode()) for path, text in sorted(tree.items())}
    marker: dict[str, Any] = {"wingsctl": "chart", "files": digests}
    return json.dumps(marker, indent=1) + "\n"


def unix_lines(data: bytes) -> bytes:
    """With the line endings that wingsctl writes; Git for Windows checks out others."""
    return data.replace(b"\r\n", b"\n")


def _is_own(data: bytes | None, rendered: str | None, known: str | None) -> bool:
    if data is None:
        return False
    same = rendered is not None and unix_lines(data) == unix_lines(rendered.encode())
    return same or known in (_digest(data), _digest(unix_lines(data)))


def folders(directory: Path) -> Iterator[Path]:
    """The directory and every plain one below, parents first; raises OSError for itself only."""
    yield directory
    yield from (directory / name for name, entry in _below(directory) if entry is None)


def _below(directory: Path) -> Iterator[tuple[str, Entry | None]]:
    """All relative paths below, parents first; no entry for a plain directory."""
    todo = [("", str(directory))]
    while todo:
        name, folder = todo.pop()
        try:
            found = list(os.scandir(folder))
        except OSError as error:
            if not name:
                raise
            yield name, Entry(folder, f"directory that cannot be read: {error.strerror}")
            continue
        for each in found:
            inner = f"{name}/{each.name}" if name else each.name
            entry = _entry(each)
            yield inner, entry
            if entry is None:
                todo.append((inner, each.path))


def _entry(found: os.DirEntry[str]) -> Entry | None:
    """None for a plain directory."""
    path = found.path
    try:
        status = found.stat(follow_symlinks=False)
    except OSError as error:
        return Entry(path, f"cannot be read: {error.strerror}")
    if found.name.lower() == ".git":
        return Entry(path, "Git repository, not read")
    if stat.S_ISDIR(status.st_mode):
        return None
    unread = next((word for is_kind, word in _KINDS if is_kind(status.st_mode)), "")
    if not unread and status.st_size > LIMIT_BYTES:
        unread = f"file of {status.st_size} bytes, not read"
    return Entry(path, unread)


def _flag(name: str) -> int:
    """A flag of open(2), where the system has it."""
    return int(getattr(os, name, 0))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
