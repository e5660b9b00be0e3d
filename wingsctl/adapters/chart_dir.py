"""A chart on disk: written whole or not at all, and compared with what would be written."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from wingsctl.adapters.user_cache import load_json
from wingsctl.errors import ChartError

MARKER = ".wingsctl.json"
"""In every chart that wingsctl made: the digest of each file it wrote."""
_BACKUP = ".old"
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def write_chart(
    directory: Path,
    tree: Mapping[str, str],
    inputs: Mapping[str, str | None] | None = None,
    *,
    force: bool = False,
) -> bool:
    """Put `tree` in place of `directory` in one step; False where it was so already.

    `inputs` (name -> digest) is kept in the marker, for `is_whole`.

    Raises ChartError where the directory holds files that wingsctl did not write
    (unless `force`), or cannot be written.
    """
    directory = Path(os.path.realpath(directory)) if directory.is_symlink() else directory
    files = {**tree, MARKER: _marker(tree, inputs or {})}
    if _same(directory, files):
        return False
    try:
        if not force:
            _refuse_foreign(directory)
        directory.parent.mkdir(parents=True, exist_ok=True)
        _replace(directory, files)
    except OSError as error:
        raise ChartError(f"cannot write {directory}: {error.strerror or error}") from error
    return True


def diff_chart(directory: Path, tree: Mapping[str, str]) -> str:
    """A unified diff from what is on disk to `tree`; empty where they are the same.

    Raises ChartError where what is there cannot be read.
    """
    import difflib

    try:
        found = dict(_read(directory))
    except OSError as error:
        raise ChartError(f"cannot read {error.filename}: {error.strerror or error}") from error
    found.pop(MARKER, None)
    lines: list[str] = []
    for path in sorted({*found, *tree}):
        before, after = found.get(path), tree.get(path)
        if before != after:
            lines += difflib.unified_diff(
                (before or "").splitlines(keepends=True),
                (after or "").splitlines(keepends=True),
                f"{directory / path}" if before is not None else "/dev/null",
                f"{directory / path} (rendered)" if after is not None else "/dev/null",
            )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def is_whole(directory: Path, inputs: Mapping[str, str | None]) -> bool:
    """Whether the chart was made from just these inputs and no file of it has changed."""
    kept = load_json(directory / MARKER)
    if not isinstance(kept, dict) or kept.get("inputs") != dict(inputs):
        return False
    try:
        found = {path: digest(text.encode()) for path, text in _read(directory) if path != MARKER}
    except OSError:
        return False
    return bool(found == kept.get("files"))


def recorded_inputs(directory: Path) -> list[str]:
    """Names of the inputs that the chart was made from; empty where that is not known."""
    kept = load_json(directory / MARKER)
    return list(kept.get("inputs") or []) if isinstance(kept, dict) else []


def _marker(tree: Mapping[str, str], inputs: Mapping[str, str | None]) -> str:
    digests = {path: digest(text.encode()) for path, text in sorted(tree.items())}
    marker = {"wingsctl": "chart", "inputs": dict(sorted(inputs.items())), "files": digests}
    return json.dumps(marker, indent=1) + "\n"


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _same(directory: Path, files: Mapping[str, str]) -> bool:
    try:
        return (directory / MARKER).is_file() and dict(_read(directory)) == dict(files)
    except OSError:
        return False


def _read(directory: Path) -> Iterator[tuple[str, str]]:
    """Relative path and text of every file below; what is not text reads as its digest."""
    for folder, _, names in os.walk(directory):
        for name in names:
            path = Path(folder) / name
            data = path.read_bytes()
            try:
                text = data.decode()
            except UnicodeDecodeError:
                text = f"binary file, sha256 {digest(data)}\n"
            yield path.relative_to(directory).as_posix(), text


def _refuse_foreign(directory: Path) -> None:
    """Raise ChartError where replacing the directory would lose somebody's work."""
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return
    marker = directory / MARKER
    if not marker.is_file():
        raise ChartError(
            f"{directory} exists and was not made by wingsctl",
            hint="choose another directory with -o, or overwrite it with --force",
        )
    try:
        known: dict[str, str] = json.loads(marker.read_text(encoding="utf-8"))["files"]
        known = dict(known)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ChartError(f"{marker} is not readable", hint="overwrite with --force") from error
    changed = [
        path
        for path, text in sorted(_read(directory))
        if path != MARKER and known.get(path) != digest(text.encode())
    ]
    if changed:
        raise ChartError(
            f"{directory} holds files that wingsctl did not write: {', '.join(changed[:5])}"
            + (f" and {len(changed) - 5} more" if len(changed) > 5 else ""),
            hint="move them out (values files live beside a chart), or overwrite with --force",
        )


def _replace(directory: Path, files: Mapping[str, str]) -> None:
    """Write beside the target, then exchange; a kill at any point leaves a whole chart."""
    _sweep(directory)
    fresh = Path(tempfile.mkdtemp(prefix=f".{directory.name}.{os.getpid()}.", dir=directory.parent))
    try:
        fresh.chmod(0o755)
        for folder in sorted({Path(path).parent for path in files}):
            (fresh / folder).mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            _write(fresh / path, text)
        if directory.exists() or directory.is_symlink():
            _exchange(fresh, directory)
        else:
            fresh.rename(directory)
    finally:
        _remove(fresh)


def _write(path: Path, text: str) -> None:
    """Fixed modification time: `helm package` stores it, and equal charts stay equal."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.utime(path, (0, 0))


def _sweep(directory: Path) -> None:
    """Remove what a killed run left beside the target; a living process' is kept.

    Killed between the two renames of `_exchange`, it left the chart under its backup's name.
    """
    for leftover in directory.parent.glob(f".{directory.name}.*.*"):
        pid = leftover.name.removeprefix(f".{directory.name}.").split(".", 1)[0]
        if not pid.isdigit() or _lives(int(pid)):
            continue
        if leftover.suffix == _BACKUP and not directory.exists():
            leftover.rename(directory)
        else:
            _remove(leftover)


def _remove(path: Path) -> None:
    """A directory, or the file that stood where the chart is now."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _exchange(
    fresh: Path, directory: Path, swap: Callable[[Path, Path], bool] | None = None
) -> None:
    """Swap two directories in one system call; where there is none, by two renames.

    Two renames leave a moment in which the old chart has the name of the backup.
    """
    if (swap or _swap)(fresh, directory):
        return
    backup = fresh.with_name(fresh.name + _BACKUP)
    directory.rename(backup)
    try:
        fresh.rename(directory)
    except OSError:
        backup.rename(directory)
        raise
    _remove(backup)


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
