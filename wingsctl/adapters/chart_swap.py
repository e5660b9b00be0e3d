"""Puts a directory in place of another in one step; what stood there is handed back.

Written beside the target, then exchanged: a kill at any point leaves a whole chart, and what
was there before under a name that `leftovers` finds.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

_OUT = ".out"
"""Ends the name of what may hold a person's files; all else was only written by wingsctl."""
_OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def put_in_place(directory: Path, files: Mapping[str, str]) -> Path | None:
    """Write the files and make them `directory`; where what stood there is now, or None.

    Raises OSError; the target is then as it was.
    """
    prefix = f"{_prefix(directory)}{os.getpid()}."
    fresh = Path(tempfile.mkdtemp(prefix=prefix, dir=directory.parent))
    try:
        _fill(fresh, files)
        try:
            fresh.rename(directory)  # nothing there, or an empty directory
        except OSError as error:
            if error.errno not in _OCCUPIED:
                raise
        else:
            return None
        out = fresh.rename(fresh.with_name(fresh.name + _OUT))
        try:
            exchange(out, directory)
        except OSError:
            out.rename(fresh)
            raise
        return out
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def leftovers(directory: Path) -> list[Path]:
    """What killed runs left beside the target and may hold a person's files; the rest is removed.

    What a living process is writing is kept. Killed between the two renames of `exchange`, a
    run left the chart itself there: it gets its name back.
    """
    found = []
    prefix = _prefix(directory)
    names = [each.name for each in os.scandir(directory.parent) if each.name.startswith(prefix)]
    for path in (directory.parent / name for name in sorted(names)):
        pid = path.name.removeprefix(prefix).split(".", 1)[0]
        if not pid.isdecimal() or _lives(int(pid)):
            continue
        if path.is_symlink() or not path.name.endswith(_OUT):
            shutil.rmtree(path, ignore_errors=True)  # leaves links and files alone
        elif os.path.lexists(directory):
            found.append(path)
        else:
            path.rename(directory)
    return found


def move_aside(path: Path, directory: Path) -> Path:
    """Give `path` the first free name of DIRECTORY.old, DIRECTORY.old.1, ...; raises OSError."""
    number = 0
    while True:
        place = directory.with_name(f"{directory.name}.old{f'.{number}' if number else ''}")
        number += 1
        if os.path.lexists(place):
            continue
        try:
            return path.rename(place)
        except OSError as error:
            if error.errno not in _OCCUPIED:
                raise


def exchange(
    fresh: Path, directory: Path, swap: Callable[[Path, Path], bool] | None = None
) -> None:
    """Exchange two names in one system call; where there is none, by three renames.

    These leave a moment in which what was at `directory` has only a name of `leftovers`.
    """
    if (swap or _swap)(fresh, directory):
        return
    backup = fresh.with_name(f"{fresh.name}.old{_OUT}")
    directory.rename(backup)
    try:
        fresh.rename(directory)
    except OSError:
        backup.rename(directory)
        raise
    backup.rename(fresh)


def _prefix(directory: Path) -> str:
    return f".{directory.name}.wingsctl-"


def _fill(folder: Path, files: Mapping[str, str]) -> None:
    """Fixed modification times: `helm package` stores them, and equal charts stay equal."""
    folder.chmod(0o755)
    for parent in sorted({path.rpartition("/")[0] for path in files}):
        (folder / parent).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        place = f"{folder}/{path}"
        with open(place, "wb") as file:  # noqa: PTH123 - a Path costs as much as the writing
            file.write(text.encode())
        os.utime(place, (0, 0))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _swap(one: Path, other: Path) -> bool:
    """Linux' renameat2(2) with RENAME_EXCHANGE; False where it is not to be had."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    paths = os.fsencode(one), os.fsencode(other)
    return bool(renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0)
