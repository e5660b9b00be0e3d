"""The catalog for people: list, search, show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.adapters.text_files import read_text
from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.catalog import KINDS, Catalog, Entry, Kind
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.entry_model import entry_formats, entry_model
from wingsctl.catalog.fabric import FabricProfile
from wingsctl.catalog.model import LOOKED_UP, ModelProfile
from wingsctl.catalog.trigger import TriggerProfile
from wingsctl.documents import did_you_mean
from wingsctl.errors import ProfileError


@dataclass(frozen=True)
class ListedProfile:
    """One line of the listing."""

    kind: str
    name: str
    summary: str
    source: str


def list_profiles(
    catalog_dirs: Sequence[Path] = (), kind: Kind | None = None, words: Sequence[str] = ()
) -> list[ListedProfile]:
    """Entries of a kind (or all) in which every word occurs, in any case."""
    catalog = Catalog(CatalogFiles(catalog_dirs))
    kinds = [kind] if kind else list(KINDS)
    listed = [
        ListedProfile(each, entry.profile.name, _summary(entry), entry.source)
        for each in kinds
        for entry in catalog.entries(each)
    ]
    return [
        line
        for line in listed
        if all(_occurs(word, f"{line.kind} {line.name} {line.summary}") for word in words)
    ]


def _occurs(word: str, text: str) -> bool:
    """In any case; a number is a whole one, so that 7b is not found in 1.7B and 27B."""
    start = r"(?<![\d.])" if word[:1].isdigit() else ""
    return re.search(start + re.escape(word), text, re.IGNORECASE) is not None


def show_profile(
    name: str, catalog_dirs: Sequence[Path] = (), kind: Kind | None = None
) -> tuple[str, str]:
    """Source and text of the entry of that name; of a model also what is unknown, as a comment.

    Raises ProfileError where there is none, or several kinds have one.
    """
    store = CatalogFiles(catalog_dirs)
    stem = name.rsplit("/", 1)[-1].lower()
    kinds: list[Kind] = [kind] if kind else list(KINDS)
    if "models" in kinds and (entry := Catalog(store).model(name)):
        stem = entry.document.file.rsplit("/", 1)[-1].removesuffix(".yaml")
    found = [(each, path) for each in kinds if (path := store.path(each, stem)) is not None]
    if not found:
        known = [known for each in kinds for known in store.stems(each)]
        raise ProfileError(f"no {name!r} in the catalog", hint=did_you_mean(stem, known))
    if len(found) > 1:
        raise ProfileError(
            f"{name} is the name of several: {', '.join(each for each, _ in found)}",
            hint="say which with --kind",
        )
    kind, path = found[0]
    text = read_text(path)
    return str(path), text + unknown_facts(store, path.stem) if kind == "models" else text


def unknown_facts(store: CatalogFiles, stem: str) -> str:
    """A comment that names the looked-up facts which no source states; empty without any."""
    entry = Catalog(store).model(stem)
    fields = ModelProfile.model_fields
    missing = [
        fields[name].alias or name
        for name in LOOKED_UP
        if entry and not getattr(entry.profile, name)
    ]
    return f"# unknown: {', '.join(missing)}\n" if missing else ""


def _summary(entry: Entry[Any]) -> str:
    profile = entry.profile
    if isinstance(profile, EngineProfile):
        return f"{profile.title} {profile.versions[0]} to {profile.versions[-1]}"
    if isinstance(profile, ModelProfile):
        size = f"{profile.parameters / 1e9:.1f} B parameters" if profile.parameters else ""
        length, formats = entry_model(profile).positions, entry_formats(profile)
        method = profile.quantization or (formats.method if formats else None) or ""
        parts = [size, f"{length} tokens" if length else "", method]
        return ", ".join(part for part in parts if part)
    if isinstance(profile, AcceleratorProfile):
        return f"{profile.title}, {profile.memory_gib:g} GiB, {profile.resource}"
    if isinstance(profile, FabricProfile | TriggerProfile):
        return profile.title
    return ""
