"""How long an engine starts once the weights are there: by size and kind of the model."""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.versions import applies
from wingsctl.models.architecture import Model
from wingsctl.models.shape import routed_experts
from wingsctl.plan.model import ModelFacts
from wingsctl.plan.size import Size

_SIXTEEN_BITS = (None, "none", "auto")


@dataclass(frozen=True)
class Start:
    """Seconds as expected, and the longest that was seen of such a model."""

    seconds: int
    longest: int
    words: str


def start_of(engine: EngineProfile, version: str, facts: ModelFacts, size: Size) -> Start:
    """The longest of the engine's rows that hold; a model without facts may be of any kind."""
    is_heavy = not size.is_known or _is_heavy(facts.model, facts.quantization)
    rows = [
        row
        for row in engine.start_times
        if applies(row, version) and size.gib >= row.from_gib and (is_heavy or row.kind == "any")
    ]
    seconds = max([engine.start_seconds, *(row.seconds for row in rows)])
    longest = max([engine.start_seconds, *(row.longest_seconds for row in rows)])
    kind = "experts or quantized weights" if is_heavy else "16-bit weights without experts"
    return Start(seconds, longest, f"{kind}, {size.gib:.1f} GiB")


def _is_heavy(model: Model | None, quantization: str | None) -> bool:
    return quantization not in _SIXTEEN_BITS or (
        model is not None and routed_experts(model) is not None
    )
