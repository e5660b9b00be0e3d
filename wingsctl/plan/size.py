"""The size of a model's files, from which download, disk, host memory and deadline follow.

Where there are no facts it is the largest plausible size, and one warning says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from wingsctl.catalog.base import quantity_value
from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.entry_model import entry_formats, entry_model
from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.profile import Profile
from wingsctl.models.architecture import Model
from wingsctl.models.named_sizes import named_bits, same_family, size_by_name, weights_gib
from wingsctl.models.weights import parameter_count
from wingsctl.plan.draft import Draft
from wingsctl.plan.memory_request import USABLE_SHARE
from wingsctl.plan.model import ModelFacts
from wingsctl.plan.parts import Parts
from wingsctl.plan.weights import checkpoint_gib

GIB = 2**30
HOST_GIB = 64
"""Assumed of a machine without a card whose memory limit is not written either."""
Basis = Literal["facts", "twin", "name", "cards"]


@dataclass(frozen=True)
class Size:
    """GiB of all weight files of the checkpoint, and what that is based on."""

    gib: float
    basis: Basis
    source: str

    @property
    def is_known(self) -> bool:
        return self.basis == "facts"


def resolve_size(draft: Draft, profile: Profile, facts: ModelFacts, parts: Parts) -> Size:
    """By facts; else by a twin in the catalog, by the name, or what the cards hold."""
    if facts.model is not None:
        return Size(_known_gib(facts, facts.model), "facts", "the model's facts")
    names = list(_names(profile))
    found = (guess for name in names for guess in (_twin(draft.catalog, name), _by_name(name)))
    size = next((guess for guess in found if guess), None) or _full_cards(profile, parts)
    draft.decide("model.assumedSize", f"{size.gib:.1f} GiB", f"assumed: {size.source}")
    return size


def _names(profile: Profile) -> Iterator[str]:
    """The model's name, then the repository that it is downloaded from."""
    yield profile.model.name
    source = profile.model.source
    hub = source and (source.huggingface or source.modelscope)
    if hub and hub.repo:
        yield hub.repo


def _known_gib(facts: ModelFacts, model: Model) -> float:
    """As stated by the publisher, or by the architecture."""
    profile = facts.profile
    if profile and profile.checkpoint_gib and facts.quantization == facts.native:
        return profile.checkpoint_gib
    return checkpoint_gib(model, facts.formats_of(model), profile.parameters if profile else None)


def entry_gib(profile: ModelProfile) -> float:
    """GiB of the files of a catalog entry."""
    model, formats = entry_model(profile), entry_formats(profile)
    native = (formats.method if formats else None) or profile.quantization
    return _known_gib(ModelFacts(profile, model, formats, profile.name, native, native), model)


def _twin(catalog: Catalog, name: str) -> Size | None:
    """By entries that differ in training, date or format alone: the largest of them.

    Only sizes are shared: of files in the same format as they are, else the parameters.
    """
    bits = named_bits(name)
    near = [each for each in same_family(name, catalog.names("models")) if catalog.model(each)]
    if not near:
        return None
    same = [each for each in near if named_bits(each) == bits]
    profiles = [entry.profile for each in same or near if (entry := catalog.model(each))]
    if same:
        gib, twin = max((entry_gib(each), each.name) for each in profiles)
        return Size(gib, "twin", f"as {twin} of the catalog, a model of the same family")
    count, twin = max((_parameters(each), each.name) for each in profiles)
    form = f"{bits:g} bits, as the name says" if bits else "16 bits"
    words = f"the parameters of {twin} of the catalog, a model of the same family, with {form}"
    return Size(weights_gib(count, bits), "twin", words)


def _parameters(profile: ModelProfile) -> int:
    return profile.parameters or parameter_count(entry_model(profile))


def _by_name(name: str) -> Size | None:
    named = size_by_name(name)
    return Size(named.gib, "name", f"{named.words} by its name, rounded up") if named else None


def _full_cards(profile: Profile, parts: Parts) -> Size:
    """What all cards of a replica hold; without cards the memory limit, or HOST_GIB."""
    if parts.card is None:
        limit = profile.engine.resources.limits.get("memory")
        gib = quantity_value(limit) / GIB if limit is not None else HOST_GIB
        return Size(gib, "cards", "as much as the container's memory" if limit else "nothing known")
    usable = parts.card.usable_gib or parts.card.memory_gib * USABLE_SHARE
    count = profile.accelerator.count * profile.nodes
    words = f"{count} x {usable:.1f} GiB, the cards are full"
    return Size(usable * count, "cards", words)


def warn_of_assumed_size(draft: Draft, profile: Profile, size: Size) -> None:
    """One warning with the numbers that follow from an assumption, and how to set them."""
    if size.is_known:
        return
    made = {decision.key: decision for decision in draft.decisions}
    told = []
    keys = []
    for key, what in _following(profile):
        if key in made:
            written = draft.is_written(*key.split("."))
            told.append(f"{what} {made[key].value}{' (written)' if written else ''}")
            keys += [] if written else [key]
    path = ("model", "name") if draft.is_written("model", "name") else ("model",)
    draft.warn(
        path,
        f"{profile.model.name} is not in the catalog: {size.gib:.1f} GiB of weights are assumed "
        f"({size.source}), and from that follow {', '.join(told)}; whether it fits, and its "
        "length, are not checked",
        "give its facts: model.config: path/to/config.json, or `wingsctl models add`"
        + (f"; or write {', '.join(keys)}" if keys else ""),
    )


def _following(profile: Profile) -> Iterator[tuple[str, str]]:
    for hub in ("huggingface", "modelscope"):
        yield f"model.source.{hub}.cache.ephemeral.sizeLimit", "cache disk"
    yield "engine.resources.limits.memory", "host memory"
    yield "startup.loadDeadlineSeconds", "load deadline in seconds"
