"""The catalog: engines, models, accelerators, fabrics and triggers by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, Protocol, TypeVar

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.base import Model
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.entry_model import entry_model
from wingsctl.catalog.fabric import FabricProfile
from wingsctl.catalog.flag_table import FlagTable, parse_flag_table
from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.near_names import NearName, Relation, is_related, near_names
from wingsctl.catalog.parse import parse_document
from wingsctl.catalog.trigger import TriggerProfile
from wingsctl.documents import Document
from wingsctl.errors import ProfileError
from wingsctl.models.read import UnusableConfigError

Kind = Literal["engines", "models", "accelerators", "fabrics", "triggers"]
KINDS: Mapping[Kind, type[Model]] = {
    "engines": EngineProfile,
    "models": ModelProfile,
    "accelerators": AcceleratorProfile,
    "fabrics": FabricProfile,
    "triggers": TriggerProfile,
}
P = TypeVar("P", bound=Model)
_TABLE_HINT = 'write it as {"--flag": {"type": "int"}}; without the file no argument is checked'


class CatalogStore(Protocol):
    """Where catalog files come from; `stem` is a file's name without suffix."""

    def stems(self, kind: str) -> list[str]:
        """All file stems of a kind, sorted, each once."""

    def load(self, kind: str, stem: str) -> tuple[Document, bool] | None:
        """The file that counts and whether it is the user's, or None."""

    def flag_table(self, engine: str, version: str) -> Document | None:
        """The flag table of an engine version, or None."""


@dataclass(frozen=True)
class Entry(Generic[P]):
    """A catalog entry, the file it came from and whether the user wrote it."""

    profile: P
    document: Document
    of_user: bool
    relation: Relation | None = None
    """How a name that is not the entry's own belongs to it."""

    @property
    def source(self) -> str:
        """The file, marked where a user's entry wins over a built-in one."""
        return self.document.file + (" (your catalog)" if self.of_user else "")


def _check_config(entry: Entry[ModelProfile]) -> None:
    """Raises ProfileError with all that is wrong in the `config` of an entry."""
    try:
        entry_model(entry.profile)
    except UnusableConfigError as error:
        problems = [
            entry.document.problem(("config", *each.path), each.message, each.hint)
            for each in error.wrong
        ]
        raise ProfileError(f"{entry.document.file} is not valid", problems=problems) from error


def _under(name: str, entry: Entry[ModelProfile], near: NearName) -> Entry[ModelProfile]:
    """The entry under a near name; in another format it keeps no format and size of its own."""
    own: dict[str, Any] = {"name": name if "/" in name else entry.profile.name}
    if near.relation != "alias":
        own |= {"same_sizes_as": entry.profile.name, "gate": None, "licence": None}
    if near.relation == "format":
        own |= {"name": name, "quantization": near.quantization, "checkpoint_gib": None}
        config = entry.profile.config
        own["config"] = config and {
            key: each for key, each in config.items() if key != "quantization_config"
        }
    profile = entry.profile.model_copy(update=own)
    return replace(entry, profile=profile, relation=near.relation)


class Catalog:
    """Entries by name; each file is read and checked when it is first asked for."""

    def __init__(self, store: CatalogStore) -> None:
        self._store = store
        self._entries: dict[tuple[str, str], Entry[Any] | None] = {}
        self._flag_tables: dict[tuple[str, str], FlagTable | None] = {}

    def engine(self, name: str) -> Entry[EngineProfile] | None:
        """The engine of that name."""
        entry: Entry[EngineProfile] | None = self._entry("engines", name)
        return entry

    def accelerator(self, name: str) -> Entry[AcceleratorProfile] | None:
        """The accelerator of that name."""
        entry: Entry[AcceleratorProfile] | None = self._entry("accelerators", name)
        return entry

    def fabric(self, name: str) -> Entry[FabricProfile] | None:
        """The fabric of that name."""
        entry: Entry[FabricProfile] | None = self._entry("fabrics", name)
        return entry

    def trigger(self, name: str) -> Entry[TriggerProfile] | None:
        """The trigger type of that name."""
        entry: Entry[TriggerProfile] | None = self._entry("triggers", name)
        return entry

    def model(self, name: str) -> Entry[ModelProfile] | None:
        """The model with that hub id, or that last part of a hub id, in any case.

        A name that only belongs to an entry (near_names) gets a copy of it under its own name.
        """
        entry: Entry[ModelProfile] | None = self._entry("models", name.rsplit("/", 1)[-1])
        if entry and "/" in name and entry.profile.name.lower() != name.lower():
            entry = None
        entry = entry or self._near_model(name)
        if entry:
            _check_config(entry)
        return entry

    def _near_model(self, name: str) -> Entry[ModelProfile] | None:
        for near in near_names(name):
            entry: Entry[ModelProfile] | None = self._entry("models", near.stem)
            if entry is None:
                continue
            profile = entry.profile
            if is_related(name, profile.name, profile.aliases, near.relation):
                return _under(name, entry, near)
        return None

    def names(self, kind: Kind) -> list[str]:
        """The names of a kind's entries, sorted (a model's short alias)."""
        return self._store.stems(kind)

    def entries(self, kind: Kind) -> list[Entry[Any]]:
        """Every entry of a kind, sorted by name."""
        entries = [each for stem in self.names(kind) if (each := self._entry(kind, stem))]
        for entry in entries if kind == "models" else ():
            _check_config(entry)
        return entries

    def flag_table(self, engine: str, version: str) -> FlagTable | None:
        """The flags of an engine version, or None where no table is known."""
        key = (engine, version)
        if key not in self._flag_tables:
            self._flag_tables[key] = self._read_flag_table(engine, version)
        return self._flag_tables[key]

    def _read_flag_table(self, engine: str, version: str) -> FlagTable | None:
        try:
            document = self._store.flag_table(engine, version)
            return parse_flag_table(document) if document else None
        except ProfileError as error:
            raise ProfileError(
                f"the flag table of {engine} {version} is not valid",
                hint=_TABLE_HINT,
                problems=error.problems,
            ) from error

    def _entry(self, kind: Kind, name: str) -> Any:
        key = (kind, name.lower())
        if key not in self._entries:
            loaded = self._store.load(kind, name.lower())
            self._entries[key] = (
                Entry(parse_document(loaded[0], KINDS[kind]), *loaded) if loaded else None
            )
        return self._entries[key]
