"""Which engine version and image run on a card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine import EngineImage, EngineProfile
from wingsctl.catalog.profile import EngineSection
from wingsctl.catalog.versions import applies
from wingsctl.plan.draft import Draft


@dataclass(frozen=True)
class EngineChoice:
    """An engine version with the image row that suits the card."""

    version: str
    image: dict[str, Any]
    pull_gib: float


_UNKNOWN_PULL_GIB = 10.0


def resolve_engine(
    draft: Draft, section: EngineSection, engine: EngineProfile, card: AcceleratorProfile | None
) -> EngineChoice:
    """The written version, or the newest one that suits the card, and its image.

    A version whose images have no code for the card is refused, unless the profile names the
    image's repository: a site may have built its own.
    """
    newest = _newest(engine, card)
    where = card_name(card)
    version = draft.take(
        "engine.version",
        section.version,
        newest or engine.versions[-1],
        f"rule: the newest that suits {where}",
    )
    row = suitable_image(engine, version, card)
    if row is None and section.image.repository is None:
        row = _of_vendor(engine, version, card)
        _refuse_card(draft, engine, version, card, newest)
    image = _image(draft, section, engine, version, row)
    return EngineChoice(version, image, row.pull_gib if row else _UNKNOWN_PULL_GIB)


def _of_vendor(
    engine: EngineProfile, version: str, card: AcceleratorProfile | None
) -> EngineImage | None:
    vendor = card.vendor if card else "cpu"
    rows = (r for r in engine.images if r.vendor == vendor and applies(r, version))
    return next((row for row in rows if not row.accelerators), None)


def suitable_image(
    engine: EngineProfile, version: str, card: AcceleratorProfile | None
) -> EngineImage | None:
    """The first image row for that version, vendor, compute capability and card."""
    rows = (row for row in engine.images if applies(row, version) and _suits(row, card))
    return next(rows, None)


def _suits(row: EngineImage, card: AcceleratorProfile | None) -> bool:
    if card is None or row.vendor != card.vendor:
        return card is None and row.vendor == "cpu"
    if row.accelerators and not {card.name, card.family} & set(row.accelerators):
        return False
    capability = card.compute_capability
    if capability is None:
        return True
    low, high = row.min_compute_capability, row.max_compute_capability
    return (low is None or capability >= low) and (high is None or capability <= high)


def _newest(engine: EngineProfile, card: AcceleratorProfile | None) -> str | None:
    fitting = (v for v in reversed(engine.versions) if suitable_image(engine, v, card))
    return next(fitting, None)


def card_name(card: AcceleratorProfile | None) -> str:
    """The card in words, with its compute capability."""
    if card is None:
        return "a machine without accelerator"
    capability = card.compute_capability
    return card.title + (f" (compute capability {capability})" if capability else "")


def _refuse_card(
    draft: Draft,
    engine: EngineProfile,
    version: str,
    card: AcceleratorProfile | None,
    newest: str | None,
) -> None:
    own = "name a build of your own with engine.image.repository"
    hint = (
        f"use {newest}, the newest version that does, or {own}"
        if newest
        else f"no known image of {engine.title} does; {own}"
    )
    path = ("engine", "version") if draft.is_written("engine", "version") else ("engine",)
    draft.refuse(path, f"no image of {engine.title} {version} suits {card_name(card)}", hint)


def _image(
    draft: Draft,
    section: EngineSection,
    engine: EngineProfile,
    version: str,
    row: EngineImage | None,
) -> dict[str, Any]:
    source = draft.sources["engine"]
    needs = (
        ", ".join(
            part for part in (row.runtime, f"driver >= {row.driver}" if row.driver else "") if part
        )
        if row
        else ""
    )
    repository = row.repository if row else engine.images[0].repository
    tag = (row.tag if row else engine.images[0].tag).replace("{version}", version)
    written = section.image
    return {
        "repository": draft.take("engine.image.repository", written.repository, repository, source),
        "tag": draft.take(
            "engine.image.tag", written.tag, tag, f"{source}{f' ({needs})' if needs else ''}"
        ),
        "digest": draft.take("engine.image.digest", written.digest, "", "default"),
        "pullPolicy": draft.take(
            "engine.image.pullPolicy",
            written.pull_policy if draft.is_written("engine", "image", "pullPolicy") else None,
            written.pull_policy,
            "default",
        ),
    }
