"""What became of each field of the input."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Outcome = Literal["carried", "changed", "implied", "dropped"]
OUTCOMES: tuple[Outcome, ...] = ("carried", "changed", "implied", "dropped")


@dataclass(frozen=True)
class Row:
    """One field, or one part of a field that holds a command.

    `path` is dotted as in `Problem`; `part` names the flag or variable inside of it and never
    holds its value. `key` is the profile's key, empty where it went nowhere.
    """

    file: str
    line: int
    path: str
    part: str
    outcome: Outcome
    key: str = ""
    note: str = ""
    remedy: str = ""

    @property
    def where(self) -> str:
        """The field and its part, for people."""
        return f"{self.path} {self.part}".strip() or "all of it"


@dataclass(frozen=True)
class Group:
    """Neighbouring rows with the same fate, as one line for people."""

    first: Row
    where: str
    count: int


def grouped(rows: Sequence[Row]) -> Iterator[Group]:
    """Rows that follow each other and have one fate."""
    for _, same in groupby(rows, key=_fate):
        found = list(same)
        yield Group(found[0], _common(found), len(found))


def _fate(row: Row) -> tuple[str, ...]:
    return (row.file, row.part, row.outcome, row.key, row.note, row.remedy)


def _common(rows: list[Row]) -> str:
    """The nearest common parent of several paths."""
    parts = [_PART.findall(row.path) for row in rows]
    shared = 0
    while all(len(each) > shared and each[shared] == parts[0][shared] for each in parts):
        shared += 1
    prefix = "".join(parts[0][:shared]).lstrip(".")
    names = ", ".join(dict.fromkeys(each[0] for each in parts if each))
    return f"{prefix or names} {rows[0].part}".strip()


_PART = re.compile(r"\.?\"[^\"]*\"|\[[0-9]+\]|\.?[^.\[\"]+")


def counted(rows: Iterable[Row]) -> dict[Outcome, int]:
    """How many fields had each outcome."""
    found = list(rows)
    return {each: sum(row.outcome == each for row in found) for each in OUTCOMES}
