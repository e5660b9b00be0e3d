"""The weights of one pipeline stage on one GPU."""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.models.architecture import Model
from wingsctl.models.named_formats import Chosen
from wingsctl.models.weights import Division, checkpoint_bytes, parameter_count, rank_bytes

GIB = 2**30


@dataclass(frozen=True)
class WeightsEstimate:
    """GiB on one GPU; `least_gib` is lower where `reason` says why that is uncertain."""

    gib: float
    least_gib: float
    reason: str = ""


def checkpoint_gib(model: Model, chosen: Chosen, parameters: int | None = None) -> float:
    """GiB of all weight files; a stated count of `parameters` scales the result."""
    scale = parameters / parameter_count(model) if parameters else 1.0
    return checkpoint_bytes(model, chosen.formats) * scale / GIB


def stage_weights_gib(
    model: Model, chosen: Chosen, division: Division, layers: range
) -> WeightsEstimate:
    """What one GPU holds of the pipeline stage with these `layers`."""
    full, least = (
        rank_bytes(model, formats, division, layers) / GIB
        for formats in (chosen.formats, chosen.least)
    )
    return WeightsEstimate(full, least, chosen.reason)


def with_more(held: WeightsEstimate, further_bytes: float) -> WeightsEstimate:
    """With what a stage holds beside the model's own layers."""
    more = further_bytes / GIB
    return WeightsEstimate(held.gib + more, held.least_gib + more, held.reason)


def stages(layers: int, pipeline: int) -> list[range]:
    """The layers of each pipeline stage; the last, which has the head, gets no extra."""
    pipeline = min(pipeline, layers)
    share, rest = divmod(layers, pipeline)
    found: list[range] = []
    for stage in range(pipeline):
        start = found[-1].stop if found else 0
        extra = pipeline - 1 - rest <= stage < pipeline - 1
        found.append(range(start, start + share + extra))
    return found
