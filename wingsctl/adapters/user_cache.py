"""The user's cache directory: what is cheaper to keep than to make again.

Compiled templates are code, and the catalog decides which image runs. So a directory is
used only where no other user can write: each directory from the root down belongs to this
user or to root and is not writable by others (but for sticky ones such as /tmp), and the
last two, and each file, belong to this user. Everywhere else the program works without a
cache; so does it on systems that have no such owners.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_LIMIT_BYTES = 16 * 1024 * 1024
_DIGEST_BYTES = hashlib.sha256().digest_size


def cache_dir(name: str) -> Path | None:
    """`wingsctl/NAME` in the user's cache directory, or None where it is not to be used.

    The base is XDG_CACHE_HOME where that is an absolute path, else `~/.cache`. It is made
    (mode 0700) where it is missing, but what it lies in is not: no home directory appears.
    """
    base = _base()
    if base is None or not hasattr(os, "geteuid"):
        return None
    try:
        directory = Path(os.path.realpath(base))
        if not all(_is_safe_parent(each) for each in directory.parents):
            return None
        if not _is_safe_parent(_made(directory)):
            return None
        for part in ("wingsctl", name):
            directory = _made(directory / part)
            if not _is_ours(os.lstat(directory), stat.S_ISDIR):
                return None
    except OSError:
        return None
    return directory


def kept(path: Path) -> bytes | None:
    """What `keep` wrote there, or None: missing, damaged, or another user's."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not _is_ours(os.fstat(file.fileno()), stat.S_ISREG):
                return None
            data = file.read(_LIMIT_BYTES)
    except OSError:
        return None
    digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None


def keep(path: Path, content: bytes) -> None:
    """Keep bytes behind their digest; a reader sees all of them or none.

    Failing to keep them (the disk is full) is no failure.
    """
    fresh = None
    try:
        handle, fresh = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        Path(fresh).replace(path)
    except OSError:
        if fresh is not None:
            with suppress(OSError):
                Path(fresh).unlink(missing_ok=True)


def _base() -> Path | None:
    """Where caches go; a relative XDG_CACHE_HOME is ignored, as its specification asks."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():
        return named
    try:
        home = Path.home()
    except RuntimeError:  # no HOME, and a user that /etc/passwd does not know
        return None
    return home / ".cache" if home.is_absolute() else None


def _made(directory: Path) -> Path:
    """The directory, made where it is missing; raises OSError."""
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    return directory


def _is_safe_parent(directory: Path) -> bool:
    """Whether others cannot replace what this user has in the directory."""
    status = os.lstat(directory)
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid in (0, os.geteuid())
        and (not status.st_mode & _WRITABLE_BY_OTHERS or bool(status.st_mode & stat.S_ISVTX))
    )


def _is_ours(status: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    return (
        is_kind(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & _WRITABLE_BY_OTHERS
    )
