"""A chart on disk: written whole or not at all, and nothing that wingsctl did not write is lost."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wingsctl.adapters.chart_files import (
    MARKER,
    entries,
    folders,
    is_work,
    marker_text,
    recorded,
    sort_out,
)
from wingsctl.adapters.chart_swap import leftovers, move_aside, put_in_place
from wingsctl.errors import ChartError


@dataclass(frozen=True)
class Aside:
    """A directory that was moved out of the way, and what in it wingsctl did not write."""

    place: Path
    files: list[str]


@dataclass(frozen=True)
class Written:
    """Whether the chart on disk changed, and what was moved out of its way."""

    changed: bool
    asides: tuple[Aside, ...] = ()


def write_chart(directory: Path, tree: Mapping[str, str], *, force: bool = False) -> Written:
    """Put `tree` in place of `directory` in one step, unless it is there already.

    With `force` an old chart with files of a person's is moved to DIRECTORY.old (the next free
    name), as is one to which such files came in the last moment.

    Raises ChartError as `refuse_loss` does, or where the directory cannot be written.
    """
    if is_current(directory, tree):
        return Written(False)
    directory = real_place(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        old = leftovers(directory)
        refuse_loss(directory, tree, force=force)
        replaced = put_in_place(directory, {**tree, MARKER: marker_text(tree)})
        out = [*old, *([replaced] if replaced else [])]
        asides = [_clear_away(each, directory, tree) for each in out]
    except OSError as error:
        raise _cannot_write(directory, error) from error
    return Written(True, tuple(each for each in asides if each is not None))


def is_current(directory: Path, tree: Mapping[str, str]) -> bool:
    """Whether the directory is what `write_chart` would make it."""
    try:
        found = entries(directory)
    except OSError:
        return False
    return set(filter(is_work, found)) == {*tree, MARKER} and all(
        found[name].read() == text.encode()
        for name, text in (*tree.items(), (MARKER, marker_text(tree)))
    )


def real_place(directory: Path) -> Path:
    """Where a chart directory is: a link to one stays, and what it leads to is written."""
    return Path(os.path.realpath(directory)) if directory.is_symlink() else directory


def refuse_loss(directory: Path, tree: Mapping[str, str], *, force: bool = False) -> None:
    """Raise ChartError where replacing the directory would lose a person's work.

    `force` allows it for what is a chart, as that is moved aside; never for a Git repository,
    for a home directory, or for what the current directory lies in.
    """
    directory = real_place(directory)
    try:
        found = entries(directory)
        if not found:
            return
        _refuse_other(directory, found)
        if force:
            _refuse_in_use(directory)
        else:
            _refuse_foreign(directory, tree, is_ours=recorded(found) is not None)
        _refuse_read_only(directory)
    except NotADirectoryError as error:
        if not os.path.lexists(directory):
            raise _cannot_write(directory, error) from error
        raise ChartError(
            f"{directory} is not a directory",
            hint="move it away, or choose another directory with --output-dir",
        ) from error
    except OSError as error:
        raise _cannot_write(directory, error) from error


def _refuse_other(directory: Path, found: Mapping[str, object]) -> None:
    """A directory that is no chart, or more than one."""
    elsewhere = "move it away, or choose another directory with --output-dir"
    if any(name.lower() == ".git" for name in found):
        raise ChartError(f"{directory} is a Git repository of its own", hint=elsewhere)
    if MARKER not in found and "Chart.yaml" not in found:
        raise ChartError(f"{directory} exists and is not a chart", hint=elsewhere)


def _refuse_in_use(directory: Path) -> None:
    places = [Path("/")]
    with suppress(RuntimeError):
        places.append(Path.home())
    with suppress(FileNotFoundError):
        places.append(Path.cwd())
    whole = Path(os.path.realpath(directory))
    for place in map(os.path.realpath, places):
        if whole in (Path(place), *Path(place).parents):
            raise ChartError(
                f"{directory} is or holds {place}, the home or current directory",
                hint="go elsewhere, or choose another directory with --output-dir",
            )


def _refuse_foreign(directory: Path, tree: Mapping[str, str], *, is_ours: bool) -> None:
    contents = sort_out(directory, tree)
    if not contents.foreign:
        return
    forced = f"--force moves all that is there to {directory}.old"
    if not is_ours:
        raise ChartError(
            f"{directory} exists and was not made by wingsctl, or {MARKER} cannot be read",
            hint=f"choose another directory with --output-dir; {forced}",
        )
    parts = [
        (contents.added, "files that wingsctl did not write: "),
        (contents.edited, "files that were changed since wingsctl wrote them: "),
    ]
    held = "; ".join(words + named(names) for names, words in parts if names)
    raise ChartError(
        f"{directory} holds {held}",
        hint=f"move them out (values files live beside a chart); {forced}",
    )


def _refuse_read_only(directory: Path) -> None:
    """What is read-only would be moved, but could not be cleared away."""
    is_effective = os.access in os.supports_effective_ids
    for folder in folders(directory):
        if not os.access(folder, os.W_OK, effective_ids=is_effective):
            raise ChartError(
                f"{folder} is read-only",
                hint="make it writable, or choose another directory with --output-dir",
            )


def _clear_away(old: Path, directory: Path, tree: Mapping[str, str]) -> Aside | None:
    """Remove an old chart file by file; one with anything else in it is kept whole."""
    try:
        contents = sort_out(old, tree)
        files = contents.foreign
        if not files:
            _remove(old, contents.own)
            if not os.path.lexists(old):
                return None
            files = list(entries(old))
    except NotADirectoryError:
        files = [directory.name]
    try:
        return Aside(move_aside(old, directory), files)
    except FileNotFoundError:
        return None  # another run has cleared it away


def _remove(directory: Path, files: Sequence[str]) -> None:
    """These files and the directories that they leave empty; nothing that came in the meantime.

    The marker goes last: what a kill leaves is then still known as wingsctl's own.
    """
    for name in sorted(files, key=lambda name: name == MARKER):
        with suppress(OSError):
            (directory / name).unlink()
    for folder in reversed(list(folders(directory))):
        with suppress(OSError):
            folder.rmdir()


def named(names: Sequence[str]) -> str:
    """A list of files for a message, cut after five; nothing in it steers a terminal."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(printable(name) for name in names[:5]) + more


def printable(text: str) -> str:
    """The text with escapes for what is not printed as it is: control characters, bare bytes."""
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
        for char in text
    )


def _cannot_write(directory: Path, error: OSError) -> ChartError:
    return ChartError(
        f"cannot write {directory}: {error.strerror or error}",
        hint="choose another directory with --output-dir",
    )
