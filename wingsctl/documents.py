"""A parsed file with the place of each of its values, and one finding in such a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Key = str | int
KeyPath = tuple[Key, ...]
_PLAIN_KEY = re.compile(r"[\w-]+")
MAX_PROBLEMS = 200
"""What is listed of one file: more is not repaired at a time, and each costs a search for hints."""


_LONGEST_WORD = 256
"""No key, flag or name is longer; comparing takes the square of the length."""


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


def rest_of(problem: Problem, count: int) -> Problem:
    """Stands for `count` problems, of which `problem` is the first."""
    message = f"{count:,} more problems from here on are not listed"
    return Problem(
        problem.file, problem.line, problem.column, "", message, "repair the others first"
    )


def first_problems(problems: Sequence[Problem]) -> list[Problem]:
    """The first MAX_PROBLEMS of a file in its order, and one that counts the rest."""
    found = sorted(problems)
    rest = len(found) - MAX_PROBLEMS
    return found if rest <= 0 else [*found[:-rest], rest_of(found[-rest], rest)]


def dotted(path: KeyPath) -> str:
    """`("a", 0, "b")` as `a[0].b`; keys that are not plain words are quoted."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            name = key if _PLAIN_KEY.fullmatch(key) else f'"{key}"'
            text += f".{name}" if text else name
    return text


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A hint: the known words that hold `word`, or else are near it; empty without any."""
    from difflib import get_close_matches

    if len(word) > _LONGEST_WORD:
        return ""
    folded = {name.lower(): name for name in known}
    parts = [name for name in folded if len(word) > 2 and word.lower() in name]
    near = sorted(parts, key=len)[:3] or get_close_matches(word.lower(), folded, n=3, cutoff=0.65)
    return f"did you mean {' or '.join(folded[name] for name in near)}?" if near else ""
