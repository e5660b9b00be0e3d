"""The place of every key and item in a JSON text that json has read."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from wingsctl.documents import Key, KeyPath, Place

TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]|[^\s\[\]{}:,"]++', re.DOTALL)
"""A string (or what is left of one), a mark, a number or word; matched in linear time."""


class Places:
    """Finds keys; the text is walked once, when the first place is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    def locate(self, path: KeyPath) -> Place:
        """The place of the key or item at `path`, or of its nearest parent that exists."""
        parents = (path[:length] for length in range(len(path), 0, -1))
        found = (self._walked[0][each] for each in parents if each in self._walked[0])
        return self.place(next(found, self._walked[0][()]))

    def place(self, offset: int) -> Place:
        """Line and column of a character."""
        line = bisect_right(self._lines, offset)
        return Place(line, offset - self._lines[line - 1] + 1)

    def duplicates(self) -> list[tuple[KeyPath, int]]:
        """Path and offset of every key that its object has already, in the text's order.

        Keys inside the value of such a key are left out.
        """
        return self._walked[1]

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self._text))]

    @cached_property
    def _walked(self) -> tuple[dict[KeyPath, int], list[tuple[KeyPath, int]]]:
        first: dict[KeyPath, int] = {}
        twice: list[tuple[KeyPath, int]] = []
        inside: set[KeyPath] = set()
        for path, offset in _walk(self._text):
            if path not in first:
                first[path] = offset
                continue
            if path[:-1] not in inside:
                twice.append((path, offset))
            inside.add(path)
        return first, twice


class _Open:
    """An object or array around what is read; `at` is its current key or index."""

    def __init__(self, path: KeyPath, at: Key | None) -> None:
        self.path = path
        self.at = at

    @property
    def inner(self) -> KeyPath:
        return self.path if self.at is None else (*self.path, self.at)

    def next(self) -> None:
        """After a comma: the next index, or a key that is still to come."""
        self.at = self.at + 1 if isinstance(self.at, int) else None


def _walk(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Path and offset of the whole, of each key and of each item, in the text's order."""
    around: list[_Open] = []
    yield (), len(text) - len(text.lstrip())
    for found in TOKEN.finditer(text):
        part, top = found[0], around[-1] if around else None
        if part in ("]", "}"):
            around.pop()
        elif part == "," and top:
            top.next()
        elif top and top.at is None:
            top.at = str(json.loads(part)) if "\\" in part else part[1:-1]
            yield top.inner, found.start()
        else:
            if top and isinstance(top.at, int):
                yield top.inner, found.start()
            if part in ("[", "{"):
                around.append(_Open(top.inner if top else (), 0 if part == "[" else None))
