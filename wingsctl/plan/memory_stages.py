"""How each pipeline stage divides the memory of its GPUs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from wingsctl.catalog.engine import MemoryRow
from wingsctl.models.architecture import Model
from wingsctl.models.shape import dense_width, routed_experts
from wingsctl.plan import weights
from wingsctl.plan.kv_cache import Cache, cache_of
from wingsctl.plan.memory_request import MemoryRequest, Settings, settings_of
from wingsctl.plan.weights import GIB

VISION_GIB = 0.15  # activation of a vision model with few images, from logs of 0.19


@dataclass(frozen=True)
class Stage:
    """The share of one GPU of one pipeline stage."""

    weights: weights.WeightsEstimate
    activation_gib: float
    outside_gib: float
    graphs_gib: float
    kv_gib: float
    cache: Cache


def tightest_stage(request: MemoryRequest) -> Stage:
    """The stage that holds the fewest requests of the full length."""
    settings = settings_of(request)
    stages = stages_of(request, settings)
    return min(stages, key=lambda each: each.kv_gib / each.cache.request_gib(settings.length))


def room_gib(request: MemoryRequest) -> float:
    """What one request of the full length leaves of the cache."""
    stage = tightest_stage(request)
    return stage.kv_gib - stage.cache.request_gib(settings_of(request).length)


def longest_request(request: MemoryRequest, spare_gib: float, step: int, maximum: int) -> int:
    """Tokens of the longest request that leaves `spare_gib` free: a multiple of `step`."""
    stages = list(stages_of(request, settings_of(request)))

    def is_too_long(steps: int) -> bool:
        return (
            min(each.kv_gib - each.cache.request_gib(steps * step) for each in stages) < spare_gib
        )

    return bisect_left(range(1, maximum // step + 1), True, key=is_too_long) * step


def stages_of(request: MemoryRequest, settings: Settings) -> Iterator[Stage]:
    """Every pipeline stage in order."""
    model, row = request.model, settings.row
    outside, budget = outside_gib(request, row), budget_gib(request, settings)
    graphs = row.graphs_gib if row.graphs_inside else 0.0
    division = request.spread.division(request.tensor, request.value_bytes, weights.EXPERT_PADDING)
    for layers in weights.stages(len(model.layers), request.pipeline):
        held = weights.stage_weights_gib(model, request.formats, division, layers)
        left, peak = budget - held.gib, 0.0
        if row.pool == "remainder":
            peak = activation_gib(request, settings, layers)
            left -= peak + outside + graphs
        yield Stage(held, peak, outside, graphs, left, cache_of(request, settings, layers))


def budget_gib(request: MemoryRequest, settings: Settings) -> float:
    """The engine's share: of the whole card, or of what is free before it loads."""
    is_fraction = settings.row.pool == "fraction"
    free = settings.usable_gib - (outside_gib(request, settings.row) if is_fraction else 0)
    return free * settings.utilization


def activation_gib(request: MemoryRequest, settings: Settings, layers: range) -> float:
    """Peak of the engine's dummy run: the larger of sampling and of a forward pass.

    Sampling keeps several 32-bit copies of requests times vocabulary and two tensors of
    hidden states; a stage without the head skips the copies.
    """
    model, experts = request.model, routed_experts(request.model)
    has_head = layers.stop == len(model.layers)
    samples = min(settings.requests, settings.batched) * model.vocabulary * has_head
    sampler = 4 * settings.row.sampler_factor * samples
    sampler += 2 * 1.1 * settings.batched * model.hidden
    is_mxfp4 = request.formats.formats.method == "mxfp4"
    if experts and settings.row.expert_workspace and not is_mxfp4:
        sampler += 4 * settings.batched * experts.chosen * model.hidden
    forward = 2 * settings.batched * _forward_width(model, request.tensor)
    return max(forward, sampler) / GIB + (VISION_GIB if model.towers else 0)


def _forward_width(model: Model, tensor: int) -> float:
    """Values that one token keeps alive in a layer."""
    experts, hidden = routed_experts(model), model.hidden
    if experts is None:
        return 3 * dense_width(model) / tensor + 3 * hidden
    shared = experts.shared.width if experts.shared else 0
    each = 3 * experts.width / tensor + hidden
    return experts.chosen * each + 3 * shared / tensor + 3 * hidden


def outside_gib(request: MemoryRequest, row: MemoryRow) -> float:
    """What grows outside PyTorch: communication buffers and workspaces."""
    special, plain = row.outside_pipeline_gib, row.outside_gib
    applies = request.pipeline > 1
    if request.tensor > 1:
        special, plain = row.outside_tensor_pcie_gib, row.outside_tensor_gib
        applies = "pcie" in request.accelerator.interconnect.lower()
    return plain if special is None or not applies else special
