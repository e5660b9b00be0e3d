"""A foreign object in the shape of one that is read already; every field keeps its own place.

Kinds that only spell a pod differently are translated once into a Deployment or a
LeaderWorkerSet, and read as such: what became of a field is reported where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as of_dataclass
from typing import Any

from wingsctl.convert.fields import Fields, leaves
from wingsctl.convert.report import Outcome
from wingsctl.documents import Key, KeyPath


@dataclass(frozen=True)
class Shaped(Fields):
    """A mapping or list whose values stand in various places of a document."""

    children: Mapping[Key, Fields] = of_dataclass(default_factory=dict)

    def at(self, *keys: Key) -> Fields:
        """As Fields has it, but of the value that has been put there."""
        if not keys:
            return self
        found = self.children.get(keys[0])
        if found is None:
            return Fields(self.ledger, (*self.path, *keys))
        return found.at(*keys[1:]) if keys[1:] else found

    @property
    def is_open(self) -> bool:
        """Whether a value of it has no row yet."""
        return any(each.is_open for each in self.children.values())

    def as_part(self, part: str) -> Fields:
        """Shapes hold no commands; those are in their leaves."""
        return self

    def _settle(self, outcome: Outcome, part: str, key: str, note: str, remedy: str) -> None:
        for child in self.children.values():
            child._settle(outcome, part, key, note, remedy)


@dataclass(frozen=True)
class Joined(Fields):
    """One value that is made out of several fields."""

    sources: Sequence[Fields] = ()

    @property
    def is_open(self) -> bool:
        """Whether one of its fields has no row yet."""
        return any(each.is_open for each in self.sources)

    def as_part(self, part: str) -> Fields:
        """The same value: a part of it has no place of its own."""
        return self

    def _settle(self, outcome: Outcome, part: str, key: str, note: str, remedy: str) -> None:
        for source in self.sources:
            source._settle(outcome, part, key, note, remedy)


@dataclass(frozen=True)
class Constant(Fields):
    """A value that stands nowhere in the document, so that it has no row."""

    def at(self, *keys: Key) -> Fields:
        """Itself: there is nothing in it."""
        return Fields(self.ledger, (*self.path, *keys)) if keys else self

    @property
    def is_open(self) -> bool:
        """Nothing is to be settled."""
        return False

    def _settle(self, outcome: Outcome, part: str, key: str, note: str, remedy: str) -> None:
        """Nothing is to be settled."""


def shaped(root: Fields, value: Any) -> Fields:
    """Mappings and lists of fields and of constants as one value; what is missing is left out.

    Warnings about a constant stand at `root`.
    """
    if isinstance(value, Fields):
        return value
    if isinstance(value, dict):
        pairs: list[tuple[Key, Any]] = [
            (key, shaped(root, each)) for key, each in value.items() if not _is_missing(each)
        ]
        found = dict(pairs)
        data: Any = {key: each.data for key, each in found.items()}
    elif isinstance(value, list):
        present = [shaped(root, each) for each in value if not _is_missing(each)]
        found = dict(enumerate(present))
        data = [each.data for each in present]
    else:
        return Constant(root.ledger, root.path, value)
    return Shaped(root.ledger, root.path, data, children=found)


def overlaid(fields: Fields, value: Mapping[str, Any]) -> Fields:
    """The mapping with some of its keys given anew."""
    own = {key: fields.at(key) for key in fields.mapping() if key not in value}
    return shaped(fields, {**own, **value})


def joined(text: str, *sources: Fields) -> Fields:
    """A text out of several fields; all of them share its fate."""
    first = sources[0]
    return Joined(first.ledger, first.path, text, sources=sources)


def flag(name: str, value: Fields) -> list[Any]:
    """The words of a flag for a value that is no truth; none where it is missing."""
    return [] if value.data is None else [joined(name, value), joined(value.text(), value)]


def switch(name: str, value: Fields, *, negation: str = "") -> list[Any]:
    """The word of a flag for a truth: its name, or its negation where there is one."""
    if value.data is True:
        return [joined(name, value)]
    return [joined(negation, value)] if value.data is False and negation else []


def places(fields: Fields) -> list[KeyPath]:
    """The paths of all leaves, in the document, of a value that may be shaped."""
    if isinstance(fields, Shaped):
        return [path for each in fields.children.values() for path in places(each)]
    if isinstance(fields, Constant):
        return []
    if isinstance(fields, Joined):
        return [path for each in fields.sources for path in places(each)]
    return list(leaves(fields.data, fields.path))


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, Fields) and value.data is None)
