"""How each pipeline stage divides the memory of its GPUs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from wingsctl.models.adapters import adapter_bytes
from wingsctl.models.architecture import DeltaNet, Mixer, Model
from wingsctl.models.shape import dense_width, routed_experts
from wingsctl.models.weights import Division
from wingsctl.plan import weights
from wingsctl.plan.graph_memory import graphs_gib
from wingsctl.plan.image_memory import encoder_bytes, image_bytes
from wingsctl.plan.kv_cache import Cache, cache_of, capped_gib
from wingsctl.plan.memory_request import MemoryRequest, Settings, settings_of
from wingsctl.plan.weights import GIB

CHUNK = 64
"""Tokens of a chunk in the kernels of linear attention."""


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
    outside, budget = outside_gib(request, settings), budget_gib(request, settings)
    division = request.spread.division(request.tensor, request.value_bytes, request.expert_padding)
    for layers in weights.stages(len(model.layers), request.pipeline):
        held = weights.stage_weights_gib(model, request.formats, division, layers)
        held = weights.with_more(held, _further_bytes(request, division, layers))
        left, peak, graphs = budget - held.gib, 0.0, 0.0
        if row.pool == "remainder":
            graphs = graphs_gib(request, settings, layers) if row.graphs_inside else 0.0
            peak = max(activation_gib(request, settings, layers), row.least_run_gib - graphs)
            left -= peak + outside + graphs
        if request.cache_gib is not None:
            left += settings.usable_gib - budget  # the share no longer bounds it
        cache = cache_of(request, settings, layers)
        left = capped_gib(request, cache, left)
        yield Stage(held, peak, outside, graphs, left, cache)


def _further_bytes(request: MemoryRequest, division: Division, layers: range) -> float:
    """Buffers for adapters, and a draft on the last stage."""
    model, found = request.model, 0.0
    if request.adapters:
        ends = request.has_adapter_ends
        found += adapter_bytes(model, request.adapters, division, layers, has_ends=ends)
    if layers.stop == len(model.layers):
        found += request.speculation.weight_bytes(model, request.formats, division)
    return found


def budget_gib(request: MemoryRequest, settings: Settings) -> float:
    """The engine's share: of the whole card, or of what is free before it loads."""
    is_fraction = settings.row.pool == "fraction"
    free = settings.usable_gib - (outside_gib(request, settings) if is_fraction else 0)
    return free * settings.utilization


def activation_gib(request: MemoryRequest, settings: Settings, layers: range) -> float:
    """Peak of the engine's dummy run: the largest of sampling, a forward pass and images.

    Sampling keeps several 32-bit copies of requests times vocabulary and two tensors of
    hidden states; a stage without the head skips the copies. The workspace of routed experts
    is kept meanwhile, and so are the images.
    """
    model, kept = request.model, _workspace_bytes(request, settings)
    has_head = layers.stop == len(model.layers)
    samples = min(settings.requests, settings.batched) * model.vocabulary * has_head
    sampler = 4 * settings.row.sampler_factor * samples
    sampler += 2 * 1.1 * settings.batched * model.hidden
    forward = 2 * settings.batched * _forward_width(model, request.tensor)
    images = image_bytes(request, settings)
    run = max(forward, sampler) + kept + images
    return max(run, encoder_bytes(request, settings) + images) / GIB


def _workspace_bytes(request: MemoryRequest, settings: Settings) -> int:
    """Of the kernels of routed experts: each token once for each expert that it chooses."""
    experts = routed_experts(request.model)
    is_mxfp4 = request.formats.formats.method == "mxfp4"
    if experts is None or not settings.row.expert_workspace or is_mxfp4:
        return 0
    return 4 * settings.batched * experts.chosen * request.model.hidden


def _forward_width(model: Model, tensor: int) -> float:
    """Values that one token keeps alive in a layer: of its mixer or of its feed-forward part."""
    mixers = [_linear_width(each.mixer, tensor) for each in model.layers]
    return max(_inner_width(model, tensor), *mixers) + 3 * model.hidden


def _inner_width(model: Model, tensor: int) -> float:
    experts = routed_experts(model)
    if experts is None:
        return 3 * dense_width(model) / tensor
    shared = experts.shared.width if experts.shared else 0
    each = 3 * experts.width / tensor + model.hidden
    return experts.chosen * each + 3 * shared / tensor


def _linear_width(mixer: Mixer | None, tensor: int) -> float:
    """Of a gated delta rule: projections before and after the convolution, its chunks.

    Chunks of 64 tokens each have a state of key times value, and a matrix of 64 by 64.
    """
    if not isinstance(mixer, DeltaNet):
        return 0
    keys, values = mixer.key_heads * mixer.key_size, mixer.value_heads * mixer.value_size
    projections = 2 * (2 * keys + 2 * values)
    chunks = values * mixer.key_size / CHUNK + 3 * CHUNK * mixer.value_heads
    return (projections + 6 * values + chunks) / tensor


def outside_gib(request: MemoryRequest, settings: Settings) -> float:
    """What grows outside PyTorch: communication buffers and workspaces."""
    row = settings.row
    special, plain = row.outside_pipeline_gib, row.outside_gib
    applies = request.pipeline > 1
    if request.tensor > 1:
        special, plain = row.outside_tensor_pcie_gib, row.outside_tensor_gib
        applies = "pcie" in request.accelerator.interconnect.lower()
    return plain if special is None or not applies else special
