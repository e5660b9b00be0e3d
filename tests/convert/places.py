"""A manifest as it stands in its file: values with their paths, objects with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from wingsctl.documents import dotted

MANIFESTS = Path(__file__).parent / "manifests"


@dataclass(frozen=True)
class Place:
    """A value of an input and where it stands."""

    data: Any
    path: tuple[str | int, ...] = ()
    lines: range = range(1)
    part: str = ""

    def __truediv__(self, key: str | int) -> Place:
        try:
            data = self.data[key]
        except (KeyError, IndexError, TypeError):
            data = None
        return Place(data, (*self.path, key), self.lines)

    def at(self, *keys: str | int) -> Place:
        """Some steps further down; data is None where there is nothing."""
        found = self
        for key in keys:
            found = found / key
        return found

    def items(self) -> list[Place]:
        """The entries of a list."""
        return [self / index for index in range(len(self.data or []))]

    def entries(self) -> list[tuple[str, Place]]:
        """The entries of a mapping."""
        return [(key, self / key) for key in self.data or {}]

    def as_part(self, part: str, data: Any = None) -> Place:
        """One flag inside of a longer text."""
        return Place(data, self.path, self.lines, part)

    @property
    def dotted(self) -> str:
        """The path as reports have it."""
        return dotted(self.path)


def options_of(path: Path) -> list[str]:
    """The options that a manifest needs, from the comments at its top."""
    found = re.findall(r"^# Options: (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return [word for line in found for word in line.split()]


def documents_of(path: Path) -> Iterator[Place]:
    """Every document of a file with the lines that it covers."""
    text = path.read_text("utf-8")
    start = 1
    for chunk in re.split(r"^---[^\n]*\n", text, flags=re.MULTILINE):
        end = start + chunk.count("\n") + 1
        data = YAML(typ="safe").load(chunk)
        if data is not None:
            yield Place(data, (), range(start, end + 1))
        start = end
