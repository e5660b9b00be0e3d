"""The catalog entries that a profile names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.catalog import Entry, Kind
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.fabric import FabricFacts
from wingsctl.catalog.profile import FabricSection, Profile
from wingsctl.documents import did_you_mean
from wingsctl.plan.draft import Draft
from wingsctl.plan.model import check_known, warn_unknown


@dataclass(frozen=True)
class Parts:
    """The catalog entries of a profile; no card for CPU, no fabric where none is named."""

    engine: EngineProfile
    card: AcceleratorProfile | None
    fabric: FabricFacts | None


def find_parts(draft: Draft, profile: Profile) -> Parts | None:
    """The entries that a profile names; None, with all problems, where one is missing."""
    engine = _entry(draft, "engines", "engine", profile.engine.name)
    card: Entry[AcceleratorProfile] | None = None
    if profile.accelerator.name == "none":
        draft.decide("accelerator.name", "none", draft.line("accelerator"))
    else:
        card = _entry(draft, "accelerators", "accelerator", profile.accelerator.name)
    fabric = _fabric(draft, profile.fabric)
    check_known(draft, profile.model)
    if engine is None or any(problem.severity == "error" for problem in draft.problems):
        warn_unknown(draft, profile.model)
        return None
    return Parts(engine.profile, card.profile if card else None, fabric)


def _entry(draft: Draft, kind: Kind, key: str, name: str) -> Entry[Any] | None:
    find = {
        "engines": draft.catalog.engine,
        "accelerators": draft.catalog.accelerator,
        "fabrics": draft.catalog.fabric,
    }[kind]
    entry: Entry[Any] | None = find(name)
    if entry is None:
        path = (key, "name") if draft.is_written(key, "name") else (key,)
        known = draft.catalog.names(kind)
        hint = did_you_mean(name, known) or f"known: {', '.join(known[:12])}"
        draft.refuse(path, f"no {key} {name!r} in the catalog", f"{hint} (wingsctl profiles)")
        return None
    draft.sources[key] = entry.source
    draft.decide(f"{key}.name", entry.profile.name, f"{draft.line(key)} -> {entry.source}")
    return entry


def _fabric(draft: Draft, section: FabricSection | None) -> FabricFacts | None:
    """The catalog's facts with what the profile writes on top."""
    if section is None or section.name is None:
        if section is not None:
            draft.section("fabric", section)
        return section
    entry = _entry(draft, "fabrics", "fabric", section.name)
    if entry is None:
        return None
    known = {name: getattr(entry.profile, name) for name in FabricFacts.model_fields}
    written = {name: getattr(section, name) for name in section.model_fields_set - {"name"}}
    return FabricFacts.model_construct(
        **{**known, **written, "env": {**known["env"], **section.env}}
    )
