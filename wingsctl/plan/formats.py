"""Whether the card runs the number formats of weights, cache and values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.engine_formats import NumberFormat
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import first_row
from wingsctl.documents import KeyPath
from wingsctl.models.shape import is_sparse
from wingsctl.plan.arguments import args_by_flag
from wingsctl.plan.draft import Draft
from wingsctl.plan.engine import card_name, suitable_image
from wingsctl.plan.engine_args import feature_choices
from wingsctl.plan.model import ModelFacts

Use = Literal["weights", "cache", "values", "attention"]
Way = Literal["native", "other", "none"]
_NAMED = 3  # formats that a remedy names
_SMALL_CACHES = ("fp8", "fp8_e4m3")
_NOUNS: dict[Use, str] = {
    "weights": "{} weights", "cache": "a KV cache of {}", "values": "{} arithmetic",
    "attention": "{} attention",
}  # fmt: skip
_SEVERAL = ("compressed-tensors", "modelopt")
"""Methods whose name covers formats of several widths."""
_MODELOPT = {"nvfp4": "fp4"}
"""What the engines' own names call it."""


@dataclass(frozen=True)
class Place:
    """An engine version on a card; None is a machine without one."""

    engine: EngineProfile
    version: str
    card: AcceleratorProfile | None

    def row(self, use: Use, name: str) -> NumberFormat | None:
        """What is known of a format here."""
        word = name.lower().replace("_", "-")
        rows = (row for row in self.rows(use) if word in row.names)
        return first_row(rows, self.version)

    def rows(self, use: Use) -> Iterator[NumberFormat]:
        """The rows of a use for this kind of card, of all versions."""
        vendor = self.card.vendor if self.card else "cpu"
        family = self.card.family if self.card else ""
        return (
            row
            for row in self.engine.formats
            if row.use == use
            and row.vendor == vendor
            and (not row.families or family in row.families)
        )

    def runs(self, row: NumberFormat) -> Way:
        """How the card runs a row's formats."""
        family, families = self.card.family if self.card else "", row.native_families
        if row.never or not self.reaches(row.min_compute_capability):
            return "none"
        is_of_them = not families or not family or family in families
        return "native" if is_of_them and self.reaches(row.native_compute_capability) else "other"

    def reaches(self, least: float | None) -> bool:
        """Whether the card has this compute capability; what is unknown excludes nothing."""
        capability = self.card.compute_capability if self.card else None
        return least is None or capability is None or capability >= least


def check_formats(draft: Draft, profile: Profile, facts: ModelFacts, place: Place) -> None:
    """Refuse formats that the card cannot run, and warn of those that it runs by other means.

    An image of one's own may have what the engine's lacks: with one nothing is refused.
    """
    is_own = profile.engine.image.repository is not None
    refuse = draft.warn if is_own else draft.refuse
    for use, name, path in _wanted(draft, profile, facts, place.engine):
        row = place.row(use, name)
        way = place.runs(row) if row else "native"
        if row and way == "none":
            _report_none(refuse, path, place, row, name)
        elif row and way == "other":
            _report_other(draft, path, place, row, name)


def small_cache(draft: Draft, place: Place) -> str | None:
    """The KV cache type of 8 bits that runs here, in the engine's spelling."""
    flag, choices = feature_choices(draft, place.engine, place.version, "kvCacheType")
    for name in _SMALL_CACHES if flag else ():
        row = place.row("cache", name)
        if (not choices or name in choices) and not (row and place.runs(row) == "none"):
            return name
    return None


def _wanted(
    draft: Draft, profile: Profile, facts: ModelFacts, engine: EngineProfile
) -> Iterator[tuple[Use, str, KeyPath]]:
    """Each format that the profile or its model has, and where that is written."""
    for name in weight_formats(facts):
        is_written = draft.is_written("model", "quantization")
        yield "weights", name, ("model", "quantization") if is_written else ("model",)
    if facts.model and is_sparse(facts.model):
        yield "attention", "sparse", ("model",)
    if profile.model.kv_cache_type:
        yield "cache", profile.model.kv_cache_type, ("model", "kvCacheType")
    written = written_values(profile, engine)
    if written:
        yield "values", written[0], written[1]


def weight_formats(facts: ModelFacts) -> list[str]:
    """The engine's names of the weights' formats: of the checkpoint's own block what is in it."""
    method = (facts.quantization or "").replace("_", "-")
    own = facts.formats if facts.quantization == facts.native else None
    if own is None or method not in _SEVERAL:
        return [facts.quantization] if facts.quantization else []
    forms = (own.default, own.experts, *(each.format for each in own.rules))
    names = dict.fromkeys(each.name for each in forms if each)
    shown = _MODELOPT if method == "modelopt" else {}
    return [f"{method}-{shown.get(name, name)}" for name in names]


def written_values(profile: Profile, engine: EngineProfile) -> tuple[str, KeyPath] | None:
    """The type to compute with that the arguments ask for, and where."""
    flag = engine.values_flag
    for written, value in profile.engine.args.items():
        if flag and value and flag in args_by_flag(engine, {written: value}):
            return str(value), ("engine", "args", written)
    return None


def _report_none(
    report: Callable[[KeyPath, str, str], None],
    path: KeyPath,
    place: Place,
    row: NumberFormat,
    name: str,
) -> None:
    what, where = _NOUNS[row.use].format(name), f"{place.engine.title} {place.version}"
    needs = f"the least compute capability for it is {row.min_compute_capability}"
    message = f"{where} cannot run {what} on {card_name(place.card)}: {row.never or needs}"
    report(path, message, _remedy(place, row, name))


def _report_other(draft: Draft, path: KeyPath, place: Place, row: NumberFormat, name: str) -> None:
    what = _NOUNS[row.use].format(name)
    draft.warn(path, f"{card_name(place.card)} runs {what} slower: {row.instead}", _faster(row))


def _faster(row: NumberFormat) -> str:
    least, families = row.native_compute_capability, ", ".join(row.native_families)
    cards = f"from compute capability {least} on" if least else f"of {families}"
    return f"cards {cards} run it natively"


def _remedy(place: Place, row: NumberFormat, name: str) -> str:
    others = [each for way in ("native", "other") for each in _others(place, row.use, way)]
    newest, least = _newest(place, name, row), row.min_compute_capability
    ways = [
        f"engine.version {newest}" if newest else "",
        f"{', '.join(others[:_NAMED])}, which run here" if others else "leave it out",
        f"a card of compute capability {least} or more" if least and not row.never else "",
    ]
    return "try one of: " + "; ".join(way for way in ways if way)


def _newest(place: Place, name: str, refused: NumberFormat) -> str | None:
    """The newest version that is known to run weights of a format on this card."""
    for version in reversed(place.engine.versions if refused.use == "weights" else []):
        there = Place(place.engine, version, place.card)
        row = there.row(refused.use, name)
        if row and there.runs(row) != "none" and suitable_image(place.engine, version, place.card):
            return version
    return None


def _others(place: Place, use: Use, way: str) -> Iterator[str]:
    """The first name of each format that this version runs on the card in that way.

    Those that a checkpoint's own block alone can ask for are left out.
    """
    for row in place.rows(use):
        name = row.names[0]
        is_askable = not name.startswith(f"{_SEVERAL[0]}-")
        if is_askable and place.row(use, name) is row and place.runs(row) == way:
            yield name
