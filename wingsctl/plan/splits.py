"""Which parallel sizes an engine version loads a model with, and why not others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.base import Vendor
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.engine_formats import BlockRule, Families
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import applies
from wingsctl.models.architecture import Model
from wingsctl.models.formats import Formats
from wingsctl.models.matrices import VOCABULARY_PADDING
from wingsctl.models.shape import routed_experts
from wingsctl.models.shares import (
    Ranks,
    Share,
    shares,
    splits_shared_cache,
    undivided_encoders,
    undivided_heads,
)
from wingsctl.plan.arguments import args_by_flag
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.model import ModelFacts
from wingsctl.plan.weights import stages


@dataclass(frozen=True)
class Splits:
    """A model, and the engine version and cards that are to load it."""

    engine: EngineProfile
    version: str
    vendor: Vendor
    model: Model
    formats: Formats
    """Of the checkpoint's own block; of what a name alone says no blocks are known."""
    has_whole_encoder: bool = False
    """The arguments keep the image encoder whole on each rank."""

    @property
    def has_experts(self) -> bool:
        """Whether ranks may hold whole experts."""
        return routed_experts(self.model) is not None

    def obstacles(self, size: Parallel) -> list[str]:
        """Why the engine does not load the model in these sizes; none where it does."""
        ranks = self._ranks(size)
        found = [
            *self._undivided(ranks),
            *self._cut_blocks(ranks),
            *self._uneven_experts(size),
            *self._stages(size.pipeline),
        ]
        return list(dict.fromkeys(found))

    def loads(self, size: Parallel) -> bool:
        """Whether nothing is in the way."""
        return not self.obstacles(size)

    def _ranks(self, size: Parallel) -> Ranks:
        inside = self.engine.parallel.data_inside_tensor
        attention = max(1, size.tensor // size.data) if inside else size.tensor
        if self.engine.parallel.expert == "size" and 1 < size.expert < size.tensor:
            return Ranks(attention, size.tensor, size.tensor // size.expert)
        return Ranks(attention, size.tensor, 1 if size.expert > 1 else size.tensor)

    def _undivided(self, ranks: Ranks) -> Iterator[str]:
        over = f"cannot be split over tensor parallel {ranks.attention}"
        for heads in undivided_heads(self.model, ranks.attention):
            yield f"{heads} {over}"
        if not (self.has_whole_encoder or self._is_one_of(self.engine.splits.any_encoder)):
            for heads in undivided_encoders(self.model, ranks.tensor):
                yield f"{heads} cannot be split over tensor parallel {ranks.tensor}"
        if self._padded_vocabulary % ranks.attention and not self._pads_vocabulary():
            yield f"a vocabulary of {self.model.vocabulary} {over}"
        for share in self._shares(ranks):
            if share.width % share.ranks and not share.is_of_heads:
                yield f"{share.name}, {share.width} wide, cannot be split over {share.ranks} ranks"

    @property
    def _padded_vocabulary(self) -> int:
        return math.ceil(self.model.vocabulary / VOCABULARY_PADDING) * VOCABULARY_PADDING

    def _pads_vocabulary(self) -> bool:
        versions = self.engine.splits.any_vocabulary
        return versions is not None and applies(versions, self.version)

    def _shares(self, ranks: Ranks) -> Iterable[Share]:
        return shares(self.model, self.formats, ranks)

    def _cut_blocks(self, ranks: Ranks) -> Iterator[str]:
        for share in self._shares(ranks):
            rule = self._rule(share)
            if rule is None or share.width % share.ranks:
                continue
            whole = math.gcd(share.block, share.width // share.ranks)
            if whole < min(share.block, rule.finest):
                yield (
                    f"{share.name}, {share.width} wide, gives each of {share.ranks} ranks "
                    f"{share.width // share.ranks} values, no multiple of the {share.block} that "
                    f"share a scale in {self.formats.method}"
                )

    def _rule(self, share: Share) -> BlockRule | None:
        rules = (each for each in self.engine.splits.blocks if self._is_about(each, share))
        return next(rules, None)

    def _is_about(self, rule: BlockRule, share: Share) -> bool:
        part = "experts" if share.is_of_experts else "layers"
        method = (self.formats.method or "").replace("_", "-")
        return (
            rule.part == part
            and share.format is not None
            and share.format.name in rule.formats
            and (rule.fused_rows or not share.is_fused)
            and (not rule.methods or method in rule.methods)
            and (not rule.vendors or self.vendor in rule.vendors)
            and self.model.model_type not in rule.except_model_types
            and applies(rule, self.version)
        )

    def _uneven_experts(self, size: Parallel) -> Iterator[str]:
        experts = routed_experts(self.model)
        is_switch = self.engine.parallel.expert == "switch"
        if experts is None and is_switch and size.expert > 1:
            yield "it has no experts to spread over ranks"
        if experts is None or size.expert == 1 or not self.engine.splits.even_experts:
            return
        ranks = size.tensor * size.data if is_switch else math.gcd(size.expert, size.tensor)
        if experts.count % ranks:
            yield f"{experts.count} experts cannot be dealt out evenly to {ranks} ranks"

    def _stages(self, pipeline: int) -> Iterator[str]:
        layers, family = len(self.model.layers), self.model.model_type
        if pipeline > layers:
            yield f"{layers} layers cannot be split over pipeline parallel {pipeline}"
        elif pipeline > 1 and not self._has_stages():
            yield f"{self.engine.title} {self.version} has no pipeline parallelism for {family}"
        elif splits_shared_cache(self.model, stages(layers, pipeline)):
            yield (
                f"pipeline parallel {pipeline} parts layers that share a KV cache from those "
                "that fill it"
            )

    def _has_stages(self) -> bool:
        flags = self.engine.options.get("pipeline", [])
        is_known = any(applies(row, self.version) for row in flags)
        return is_known and not self._is_one_of(self.engine.splits.one_stage)

    def _is_one_of(self, families: list[Families]) -> bool:
        rows = (row for row in families if applies(row, self.version))
        return any(self.model.model_type in row.model_types for row in rows)


def find_splits(
    profile: Profile,
    facts: ModelFacts,
    engine: EngineProfile,
    version: str,
    card: AcceleratorProfile | None,
) -> Splits | None:
    """Those of a profile; None where nothing is known of the model."""
    if facts.model is None:
        return None
    is_own = facts.formats is not None and facts.quantization == facts.native
    args = args_by_flag(engine, profile.engine.args)
    return Splits(
        engine,
        version,
        card.vendor if card else "cpu",
        facts.model,
        facts.formats if is_own and facts.formats else Formats(),
        any(args.get(flag) == value for flag, value in engine.splits.whole_encoder.items()),
    )
