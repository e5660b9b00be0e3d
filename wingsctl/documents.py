"""A parsed file with the place of each of its values, and one finding in such a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Key = str | int
KeyPath = tuple[Key, ...]


class Place(NamedTuple):
    """Line and column, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, order=True)
class Problem:
    """One finding: where, what is wrong, and what to do about it.

    `path` is the dotted key path (`model.source.hostPath`), empty for the whole
    file. `severity` is "error" (stops the command) or "warning" (is shown).
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: "
        return where + (f"{self.path}: " if self.path else "") + self.message


@dataclass(frozen=True)
class Document:
    """The data of one file and where each value of it stands.

    `file` is the name to show to people, `data` plain dicts, lists and scalars,
    `locate` maps a key path to the place of its key (or of its nearest parent).
    """

    file: str
    data: Any
    locate: Callable[[KeyPath], Place] = field(repr=False, compare=False)

    def problem(
        self, path: KeyPath, message: str, hint: str = "", *, severity: str = "error"
    ) -> Problem:
        """A finding at `path` of this document."""
        place = self.locate(path)
        return Problem(self.file, place.line, place.column, dotted(path), message, hint, severity)


def dotted(path: KeyPath) -> str:
    """`("a", 0, "b")` as `a[0].b`; keys with a dot are quoted."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            name = f'"{key}"' if "." in key else key
            text += f".{name}" if text else name
    return text


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A hint that names the nearest known words, or an empty string."""
    from difflib import get_close_matches

    folded = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), list(folded), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(folded[name] for name in near)}?" if near else ""
