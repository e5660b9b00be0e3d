"""The difference between a chart on disk and what would be rendered, as text for people."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from wingsctl.adapters.chart_dir import named, printable
from wingsctl.adapters.chart_files import MARKER, Entry, entries, is_work, unix_lines
from wingsctl.errors import ChartError

_SHOWN_BYTES = 256 * 1024
"""A foreign file is shown up to this size."""


def diff_chart(directory: Path, tree: Mapping[str, str]) -> str:
    """What differs on disk from `tree`; empty where nothing does.

    A unified diff of text files, or one line where there is no chart yet; the marker and what
    file managers leave do not count. What wingsctl did not write is named
    with what it is, and of a chart that is reached by a link nothing is shown.

    Raises ChartError where the directory cannot be read, or is none.
    """
    try:
        found = entries(directory)
    except OSError as error:
        raise ChartError(f"cannot read {directory}: {error.strerror or error}") from error
    found.pop(MARKER, None)
    found = {name: entry for name, entry in found.items() if is_work(name)}
    if not found:
        return f"{directory}: not rendered yet\n"
    lines, endings = _changes(directory, found, tree)
    if directory.is_symlink() and (lines or endings):
        return f"{directory}: a symbolic link to what is not as rendered, and is not shown here\n"
    if endings:
        lines.insert(0, f"{directory}: line endings differ (CRLF): {named(endings)}\n")
    return "".join(printable(line.removesuffix("\n")) + "\n" for line in lines)


def _changes(
    directory: Path, found: Mapping[str, Entry], tree: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """The lines of the diff, and the files whose line endings differ."""
    endings: list[str] = []
    lines: list[str] = []
    for path in sorted({*found, *tree}):
        entry, text = found.get(path), tree.get(path)
        before = entry.read() if entry is not None and text is not None else None
        if before is None or text is None:
            lines += _file_diff(directory / path, entry, text)
        elif before != text.encode():
            is_same_text = unix_lines(before) == unix_lines(text.encode())
            if is_same_text or b"\r\n" in before:
                endings.append(path)
            if not is_same_text:
                lines += _file_diff(directory / path, entry, text)
    return lines, endings


def _file_diff(path: Path, entry: Entry | None, text: str | None) -> list[str]:
    """Never empty: what is shown of two files may be the same."""
    diff = difflib.unified_diff(
        _lines(_shown(entry)),
        _lines(text),
        "/dev/null" if entry is None else f"{path}",
        "/dev/null" if text is None else f"{path} (rendered)",
    )
    return list(diff) or [f"{path}: differs"]


def _lines(text: str | None) -> list[str]:
    """The lines with their ends; only a line feed ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text or "")


def _shown(entry: Entry | None) -> str | None:
    """The text of a file, or in brackets what it is."""
    if entry is None:
        return None
    data = entry.read()
    if data is None:
        return f"({entry.unread or 'file that cannot be read'})\n"
    if not data:
        return "(empty file)\n"
    if len(data) > _SHOWN_BYTES:
        return f"(file of {len(data)} bytes)\n"
    try:
        return unix_lines(data).decode()
    except UnicodeDecodeError:
        return f"(binary file of {len(data)} bytes)\n"
