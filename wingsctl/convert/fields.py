"""A reader over foreign data in which each leaf is settled: carried, changed, implied, dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from wingsctl.convert.report import Outcome, Row
from wingsctl.documents import Document, Key, KeyPath, dotted

UNKNOWN = "is not known to wingsctl"


def leaves(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The paths of all scalars, and of mappings and lists that hold nothing."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            yield from leaves(value, (*path, index))
    else:
        yield path


class Fate(NamedTuple):
    """What became of a field, in the order of a row's own."""

    part: str
    outcome: Outcome
    key: str
    note: str
    remedy: str


class Ledger:
    """The rows of one document; every leaf gets at least one."""

    def __init__(self, document: Document, kind: str = "") -> None:
        self.document = document
        self.kind = kind
        """What the document is, where that is not written in it: a compose file, a command."""
        self.rows: dict[KeyPath, list[Row]] = {path: [] for path in leaves(document.data)}

    def settle(self, path: KeyPath, data: Any, fate: Fate, line: int = 0) -> None:
        """A row for each leaf below `path` that has none; with a part, one more for the leaf."""
        for leaf in leaves(data, path):
            found = self.rows.get(leaf)
            if found is None or (found and not fate.part):
                continue
            place = self.document.locate(leaf)
            found.append(Row(self.document.file, place.line + line, dotted(leaf), *fate))

    def finish(self) -> list[Row]:
        """All rows in the order of their lines; what nothing has read is dropped as unknown."""
        for leaf in list(self.rows):
            if _at(self.document.data, leaf) in (None, {}, []):
                self.settle(leaf, None, Fate("", "implied", "", "is empty", ""))
        remedy = "leave it out, or look for its key in the profile's reference"
        self.settle((), self.document.data, Fate("", "dropped", "", UNKNOWN, remedy))
        rows = [row for found in self.rows.values() for row in found]
        return sorted(rows, key=lambda row: row.line)


@dataclass(frozen=True)
class Fields:
    """One value of a document, with its place; `data` is None where there is none.

    The first settlement of a leaf counts, so that `dropped()` on a mapping settles the rest of
    it. A leaf that holds a command is settled by parts, in any number.
    """

    ledger: Ledger = field(repr=False)
    path: KeyPath = ()
    data: Any = None
    line: int = 0
    part: str = ""
    """What of a field that holds a command this stands for."""

    def on_line(self, line: int) -> Fields:
        """The field with the line that a part of it stands on, counted from the field's own."""
        return replace(self, line=line)

    def as_part(self, part: str) -> Fields:
        """One part of this field."""
        return replace(self, part=part.strip())

    def at(self, *keys: Key) -> Fields:
        """The value below; its data is None where a key is missing."""
        data = self.data
        for key in keys:
            data = _below(data, key)
        return Fields(self.ledger, (*self.path, *keys), data)

    def get(self, *keys: Key) -> Any:
        """The plain value below, None where a key is missing; settles nothing."""
        return self.at(*keys).data

    def text(self, *keys: Key) -> str:
        """The value below as text, empty where it is missing or no scalar; settles nothing."""
        value = self.get(*keys)
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, str | int | float) else ""

    def number(self, *keys: Key) -> int | None:
        """The value below as a whole number, None where it is none; settles nothing."""
        text = self.text(*keys)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

    def items(self, *keys: Key) -> list[Fields]:
        """The entries of the list below; none where it is no list."""
        inner = self.at(*keys)
        count = len(inner.data) if isinstance(inner.data, list) else 0
        return [inner.at(index) for index in range(count)]

    def entries(self, *keys: Key) -> list[tuple[str, Fields]]:
        """Keys and values of the mapping below; none where it is no mapping."""
        inner = self.at(*keys)
        names = list(inner.data) if isinstance(inner.data, dict) else []
        return [(str(name), inner.at(name)) for name in names]

    def mapping(self, *keys: Key) -> dict[str, Any]:
        """The mapping below; empty where it is none."""
        value = self.get(*keys)
        return dict(value) if isinstance(value, dict) else {}

    @property
    def file(self) -> str:
        """The name of the document, for people."""
        return self.ledger.document.file

    @property
    def is_open(self) -> bool:
        """Whether a leaf of it, or this part of it, has no row yet."""
        found = [self.ledger.rows.get(leaf, []) for leaf in leaves(self.data, self.path)]
        if self.part:
            return not any(row.part == self.part for rows in found for row in rows)
        return any(not rows for rows in found)

    def carried(self, key: str, note: str = "", *, part: str = "") -> None:
        """All leaves here went to `key` of the profile as they are."""
        self._settle("carried", part, key, note, "")

    def changed(self, key: str, note: str, remedy: str = "", *, part: str = "") -> None:
        """They went to `key` (empty: to no key of their own) in another form; `note` is how."""
        self._settle("changed", part, key, note, remedy)

    def implied(self, note: str, *, part: str = "") -> None:
        """Wingsctl does it anyway."""
        self._settle("implied", part, "", note, "")

    def dropped(self, note: str, remedy: str = "", *, part: str = "") -> None:
        """They went nowhere: why, and what to do instead."""
        self._settle("dropped", part, "", note, remedy)

    def implied_where_equal(self, other: Fields, note: str) -> None:
        """Settles the leaves that have the same value below `other`."""
        for path in list(leaves(self.data)):
            here, there = self.at(*path), other.at(*path)
            if here.data == there.data and type(here.data) is type(there.data):
                here.implied(note)

    def _settle(self, outcome: Outcome, part: str, key: str, note: str, remedy: str) -> None:
        if self.data is None and self.path not in self.ledger.rows:
            return
        fate = Fate((part or self.part).strip(), outcome, key, note, remedy)
        self.ledger.settle(self.path, self.data, fate, self.line)


def _at(data: Any, path: KeyPath) -> Any:
    for key in path:
        data = _below(data, key)
    return data


def _below(data: Any, key: Key) -> Any:
    if isinstance(data, dict):
        return data.get(key)
    if isinstance(data, list) and isinstance(key, int) and 0 <= key < len(data):
        return data[key]
    return None


def reader(document: Document, kind: str = "") -> Fields:
    """A reader over a whole document; `kind` says what it is where its text does not."""
    return Fields(Ledger(document, kind), (), document.data)
