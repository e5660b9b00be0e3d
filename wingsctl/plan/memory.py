"""Whether a model fits the memory of its GPUs: a ledger, a verdict and what to change.

The numbers are estimates until the engine has profiled the real card. What differs
between engines and versions comes from `MemoryRow`; the factors below were fitted to
start-up logs of many models. Every size is GiB on one GPU unless its name says bytes.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine import MemoryRow
from wingsctl.catalog.model import Architecture, LinearAttention
from wingsctl.plan import weights
from wingsctl.plan.weights import GIB

Verdict = Literal["fits", "uncertain", "does not fit"]

# Chosen so that the verdicts on logged runs hold: three in four estimates of unseen logs
# are within 0.65 GiB, vision models before 0.17 within 3.
BAND_GIB, UNKNOWN_BAND_GIB, WIDE_BAND_GIB = 0.75, 1.5, 3.0
BLOCK_TOKENS, LENGTH_STEP = 16, 1024
DEFAULT_LENGTH = 2048  # vLLM's own, for a model that states no maximum
USABLE_SHARE = 0.95  # of the size on the box; 0.91 (T4) to 0.99 (H100) were seen
VISION_GIB = 0.15  # activation of a vision model with few images, from logs of 0.19
INDEXER_BYTES = 132  # DeepSeek sparse attention, per token and layer: 128 values, a scale
FP8_CAPABILITY = 8.0  # older NVIDIA cards have no kernel for an 8-bit cache
CONTEXT_GIB = 0.5  # of the driver, logged on an H100 before the engine measures
SPARE_GIB, SPARE_FACTOR = 2.5, 0.4  # from two start-ups that failed after sizing
FEWER_REQUESTS = (256, 64)
_KV_BYTES = {"auto": 2, "bfloat16": 2, "float16": 2, "float32": 4, "int8": 1, "fp8": 1}
SMALL_CARD = MemoryRow.Card(max_requests=256, batched_tokens=2048)
_NO_ROW = MemoryRow(utilization=0.9)  # an engine without constants: what most default to


@dataclass(frozen=True)
class MemoryRequest:
    """What runs where; None means that the engine decides, or that it has no `row`."""

    architecture: Architecture
    accelerator: AcceleratorProfile
    engine: str
    version: str | None
    row: MemoryRow | None
    quantization: str | None = None
    kv_cache_type: str | None = None
    max_length: int | None = None
    max_requests: int | None = None
    batched_tokens: int | None = None
    utilization: float | None = None
    tensor: int = 1
    pipeline: int = 1


@dataclass(frozen=True)
class LedgerLine:
    """One number and where it comes from; `value` is None where none can be given."""

    label: str
    value: float | None
    unit: Literal["GiB", "bytes", "tokens", "requests"]
    why: str


@dataclass(frozen=True)
class MemoryLedger:
    """The memory of the GPU with the least room.

    Only "does not fit" is sure enough to refuse a profile. `reasons` lists every doubt,
    also where the verdict stands in spite of them. `tokens` is the pool's size as the
    engine would log it, None where a state per request makes it meaningless.
    """

    verdict: Verdict
    lines: tuple[LedgerLine, ...]
    reasons: tuple[str, ...]
    suggestions: tuple[str, ...]
    weights_gib: float
    kv_gib: float
    tokens: int | None
    requests: float


@dataclass(frozen=True)
class _Settings:
    """The request's numbers, with the engine's defaults for what it leaves open."""

    row: MemoryRow
    usable_gib: float
    utilization: float
    length: int
    requests: int
    batched: int


@dataclass(frozen=True)
class _Cache:
    """Cache bytes per token of full and of windowed layers, and per running request."""

    full_bytes: int
    window_bytes: int = 0
    window: int = 0
    state_bytes: int = 0

    def request_gib(self, length: int) -> float:
        """What one request of `length` tokens takes; windowed layers keep a window."""
        blocks = math.ceil(length / BLOCK_TOKENS)
        windowed = min(blocks, math.ceil(self.window / BLOCK_TOKENS) + 1)
        tokens = blocks * self.full_bytes + windowed * self.window_bytes
        return (tokens * BLOCK_TOKENS + self.state_bytes) / GIB


@dataclass(frozen=True)
class _Stage:
    """The share of one GPU of one pipeline stage."""

    weights: weights.WeightsEstimate
    activation_gib: float
    outside_gib: float
    graphs_gib: float
    kv_gib: float
    cache: _Cache


def estimate_memory(request: MemoryRequest) -> MemoryLedger:
    """The ledger, with suggestions unless the model fits."""
    settings, stage, band = _settings(request), _tightest(request), _band_gib(request)
    room = _room_gib(request)
    best = room + stage.weights.gib - stage.weights.least_gib
    verdict: Verdict = "fits" if room >= band else "uncertain" if best > -band else "does not fit"
    return MemoryLedger(
        verdict=verdict,
        lines=(*_gib_lines(request, settings, stage), *_cache_lines(request, settings, stage)),
        reasons=tuple(reason for reason, _ in _doubts(request)),
        suggestions=() if verdict == "fits" else tuple(_suggestions(request)),
        weights_gib=stage.weights.gib,
        kv_gib=stage.kv_gib,
        tokens=_tokens(request, stage),
        requests=max(0.0, stage.kv_gib / stage.cache.request_gib(settings.length)),
    )


def largest_length(request: MemoryRequest) -> int | None:
    """The largest multiple of 1024 tokens, up to the model's maximum, for one request.

    The band of uncertainty stays free where that leaves any length at all. None if not
    even 1024 tokens fit, for instance because the weights do not.
    """
    maximum = request.architecture.max_position_embeddings or DEFAULT_LENGTH
    for spare in (_band_gib(request), 0.0):
        if longest := _longest(request, spare, LENGTH_STEP, maximum):
            return longest
    return None


def _longest(request: MemoryRequest, spare_gib: float, step: int, maximum: int) -> int:
    """Tokens of the longest request that leaves `spare_gib` free: a multiple of `step`."""
    stages = list(_stages(request, _settings(request)))

    def is_too_long(steps: int) -> bool:
        return (
            min(each.kv_gib - each.cache.request_gib(steps * step) for each in stages) < spare_gib
        )

    return bisect_left(range(1, maximum // step + 1), True, key=is_too_long) * step


def _tightest(request: MemoryRequest) -> _Stage:
    settings = _settings(request)
    stages = _stages(request, settings)
    return min(stages, key=lambda each: each.kv_gib / each.cache.request_gib(settings.length))


def _room_gib(request: MemoryRequest) -> float:
    """What one request of the full length leaves of the cache."""
    stage = _tightest(request)
    return stage.kv_gib - stage.cache.request_gib(_settings(request).length)


def _band_gib(request: MemoryRequest) -> float:
    return max([BAND_GIB, *(band for _, band in _doubts(request))])


def _tokens(request: MemoryRequest, stage: _Stage) -> int | None:
    if request.architecture.linear_attention or request.architecture.model_type == "deepseek_v4":
        return None
    block_bytes = BLOCK_TOKENS * (stage.cache.full_bytes + stage.cache.window_bytes)
    return max(0, int(stage.kv_gib * GIB // block_bytes)) * BLOCK_TOKENS


def _settings(request: MemoryRequest) -> _Settings:
    row, card = request.row or _NO_ROW, request.accelerator
    usable = card.usable_gib or card.memory_gib * USABLE_SHARE
    suited = [
        each
        for each in (SMALL_CARD, *row.cards)
        if usable >= each.from_gib and not any(part in card.name for part in each.except_cards)
    ]
    default = suited[-1]
    requests = request.max_requests or default.max_requests
    batched = request.batched_tokens or default.batched_tokens
    graphs = min(requests, default.max_requests)
    automatic = _automatic_fraction(usable, graphs, batched, request.tensor * request.pipeline)
    return _Settings(
        row=row,
        usable_gib=usable,
        utilization=request.utilization or row.utilization or automatic,
        length=request.max_length or request.architecture.max_position_embeddings or DEFAULT_LENGTH,
        requests=requests,
        batched=batched,
    )


def _automatic_fraction(usable_gib: float, graphs: int, batched: int, ranks: int) -> float:
    """SGLang's share for weights and cache: all but a reserve (MiB) for chunks and graphs."""
    reserve = 512 + 1.5 * max(batched, 2048) + 2 * graphs + 1024 * ranks / 8
    return max(0.0, 1 - reserve / (usable_gib * 1024))


def _stages(request: MemoryRequest, settings: _Settings) -> Iterator[_Stage]:
    architecture, row = request.architecture, settings.row
    outside, budget = _outside_gib(request, row), _budget_gib(request, settings)
    graphs = row.graphs_gib if row.graphs_inside else 0.0
    for layers in weights.stages(architecture.num_hidden_layers, request.pipeline):
        held = weights.stage_weights_gib(architecture, request.quantization, request.tensor, layers)
        left, peak = budget - held.gib, 0.0
        if row.pool == "remainder":
            peak = _activation_gib(request, settings, layers)
            left -= peak + outside + graphs
        yield _Stage(held, peak, outside, graphs, left, _cache(request, settings, layers))


def _budget_gib(request: MemoryRequest, settings: _Settings) -> float:
    """The engine's share: of the whole card, or of what is free before it loads."""
    is_fraction = settings.row.pool == "fraction"
    free = settings.usable_gib - (_outside_gib(request, settings.row) if is_fraction else 0)
    return free * settings.utilization


def _activation_gib(request: MemoryRequest, settings: _Settings, layers: range) -> float:
    """Peak of the engine's dummy run: the larger of sampling and of a forward pass.

    Sampling keeps several 32-bit copies of requests times vocabulary and two tensors of
    hidden states; a stage without the head skips the copies.
    """
    architecture = request.architecture
    has_head = layers.stop == architecture.num_hidden_layers
    samples = min(settings.requests, settings.batched) * architecture.vocab_size * has_head
    sampler = 4 * settings.row.sampler_factor * samples
    sampler += 2 * 1.1 * settings.batched * architecture.hidden_size
    if architecture.moe and settings.row.expert_workspace and request.quantization != "mxfp4":
        sampler += 4 * settings.batched * architecture.moe.top_k * architecture.hidden_size
    forward = 2 * settings.batched * _forward_width(architecture, request.tensor)
    return max(forward, sampler) / GIB + (VISION_GIB if architecture.vision_config else 0)


def _forward_width(architecture: Architecture, tensor: int) -> float:
    """Values that one token keeps alive in a layer."""
    moe, hidden = architecture.moe, architecture.hidden_size
    if moe is None:
        return 3 * (architecture.intermediate_size or 0) / tensor + 3 * hidden
    width = moe.moe_intermediate_size
    shared = moe.shared_expert_intermediate_size or moe.n_shared_experts * width
    return moe.top_k * (3 * width / tensor + hidden) + 3 * shared / tensor + 3 * hidden


def _outside_gib(request: MemoryRequest, row: MemoryRow) -> float:
    """What grows outside PyTorch: communication buffers and workspaces."""
    special, plain = row.outside_pipeline_gib, row.outside_gib
    applies = request.pipeline > 1
    if request.tensor > 1:
        special, plain = row.outside_tensor_pcie_gib, row.outside_tensor_gib
        applies = "pcie" in request.accelerator.interconnect.lower()
    return plain if special is None or not applies else special


def _cache(request: MemoryRequest, settings: _Settings, layers: range) -> _Cache:
    architecture, sliding = request.architecture, request.architecture.sliding_window
    full = sum(weights.is_full_layer(architecture, index) for index in layers)
    other = len(layers) - full
    if architecture.linear_attention:
        state = other * _state_bytes(architecture.linear_attention, request.tensor)
        return _Cache(full * _layer_bytes(request, True), state_bytes=state)
    if settings.row.pool == "remainder":
        full, other = _grouped(full, other)
    window = sliding.window - 1 + settings.batched if sliding else 0
    return _Cache(full * _layer_bytes(request, True), other * _layer_bytes(request, False), window)


def _grouped(full: int, windowed: int) -> tuple[int, int]:
    """Layers as vLLM pads them: groups of one kind, all as large as the rarer kind.

    Where the two kinds differ by at most a quarter, the commoner one gives the size.
    """
    if not full or not windowed:
        return full, windowed
    rarer, commoner = sorted((full, windowed))
    size = commoner if commoner <= 1.25 * rarer else rarer
    return math.ceil(full / size) * size, math.ceil(windowed / size) * size


def _layer_bytes(request: MemoryRequest, is_full: bool) -> int:
    """Cache bytes of a token in one layer on one GPU; ranks do not divide a latent cache."""
    value_bytes = _kv_bytes(request.kv_cache_type) or 2
    if mla := request.architecture.mla:
        indexer = INDEXER_BYTES if mla.index_head_dim else 0
        return (mla.kv_lora_rank + mla.qk_rope_head_dim) * value_bytes + indexer
    size, heads = weights.kv_shape(request.architecture, is_full)
    return 2 * max(1, heads // request.tensor) * size * value_bytes


def _kv_bytes(name: str | None) -> int | None:
    plain = (name or "auto").lower()
    return _KV_BYTES.get("fp8" if plain.startswith("fp8") else plain)


def _state_bytes(linear: LinearAttention, tensor: int) -> int:
    """State of a request in one linear layer: a 32-bit matrix and a 16-bit convolution."""
    keys = linear.linear_num_key_heads * linear.linear_key_head_dim
    values = linear.linear_num_value_heads * linear.linear_value_head_dim
    convolution = (linear.linear_conv_kernel_dim - 1) * (2 * keys + values)
    return (4 * values * linear.linear_key_head_dim + 2 * convolution) // tensor


def _doubts(request: MemoryRequest) -> Iterator[tuple[str, float]]:
    """Each reason to doubt the estimate, and by how many GiB it may be wrong."""
    yield from _engine_doubts(request, _settings(request))
    yield from _card_doubts(request.accelerator)
    yield from _attention_doubts(request.architecture, _settings(request))
    if reason := weights.weight_format(request.architecture, request.quantization).reason:
        yield reason, BAND_GIB
    if _kv_bytes(request.kv_cache_type) is None:
        said = f"the KV cache type {request.kv_cache_type!r} is unknown and counted as 16-bit"
        yield said, UNKNOWN_BAND_GIB
    if not (request.max_length or request.architecture.max_position_embeddings):
        yield f"the model states no maximum length: {DEFAULT_LENGTH} is assumed", BAND_GIB


def _engine_doubts(request: MemoryRequest, settings: _Settings) -> Iterator[tuple[str, float]]:
    name = f"{request.engine} {request.version or '(version unknown)'}"
    if request.row is None or request.version is None:
        yield f"no memory constants are known for {name}", UNKNOWN_BAND_GIB
    elif not request.row.measured:
        yield f"no log confirms the memory constants of {name}", UNKNOWN_BAND_GIB
    if settings.row.pool == "remainder" and request.max_requests is None:
        said = f"the number of concurrent requests is not set: {settings.requests} is assumed"
        yield said, UNKNOWN_BAND_GIB
    if request.utilization is None and settings.row.utilization is None:
        said = f"the memory fraction is not set: {settings.utilization:.3f} is computed"
        yield said, UNKNOWN_BAND_GIB
    if (spare := _spare_gib(request, settings)) is not None:
        yield f"only {spare:.1f} GiB stay free for graphs and the first full batches", BAND_GIB


def _spare_gib(request: MemoryRequest, settings: _Settings) -> float | None:
    """What stays free beside the budget, if that is so little that start-ups have failed.

    A note, no more: it caught both failures after sizing that are known, and as many as
    half of the good runs. Engines that count graphs beforehand do not need it.
    """
    row = settings.row
    if row.pool == "fraction" or row.graphs_inside:
        return None
    peak = _activation_gib(request, settings, range(request.architecture.num_hidden_layers))
    spare = settings.usable_gib * (1 - settings.utilization) - CONTEXT_GIB
    return spare if spare < SPARE_GIB + SPARE_FACTOR * peak else None


def _card_doubts(card: AcceleratorProfile) -> Iterator[tuple[str, float]]:
    if card.usable_gib is None:
        band = max(UNKNOWN_BAND_GIB, card.memory_gib * (1 - USABLE_SHARE))
        yield f"the usable memory of {card.name} has not been measured", band
    if card.vendor != "nvidia":
        yield "the memory constants were measured on NVIDIA cards", UNKNOWN_BAND_GIB


def _attention_doubts(
    architecture: Architecture, settings: _Settings
) -> Iterator[tuple[str, float]]:
    if architecture.vision_config:
        yield "images are profiled at start-up and may take several GiB more", WIDE_BAND_GIB
    if architecture.linear_attention:
        yield "the state of running requests dominates linear attention", WIDE_BAND_GIB
    if architecture.model_type == "deepseek_v4":
        yield "the cache of deepseek_v4 does not follow from its architecture", WIDE_BAND_GIB
    if architecture.sliding_window and settings.row.pool == "fraction":
        yield "how sliding-window layers share the pool is not modelled", WIDE_BAND_GIB


def _gib_lines(request: MemoryRequest, settings: _Settings, stage: _Stage) -> Iterator[LedgerLine]:
    row, card = settings.row, request.accelerator
    budget = _budget_gib(request, settings)
    beside = f"inside the {settings.usable_gib - budget:.1f} GiB beside the budget"
    counted = row.pool == "remainder"
    share = f"{settings.utilization:.3g} of {'all' if counted else 'what is free before loading'}"
    dummy = f"dummy run of {settings.batched} tokens and {settings.requests} requests"
    form = (
        f"{request.quantization or '16-bit'}, tensor {request.tensor}, pipeline {request.pipeline}"
    )
    for label, value, why in (
        (
            "usable total",
            settings.usable_gib,
            f"{card.name}{'' if card.usable_gib else ', assumed'}",
        ),
        ("budget", budget, share),
        ("weights", stage.weights.gib, form),
        ("activation peak", stage.activation_gib, dummy if counted else beside),
        ("outside PyTorch", stage.outside_gib, "communication, workspaces, context"),
        ("graphs", stage.graphs_gib, "estimated beforehand" if row.graphs_inside else beside),
        ("KV cache left", stage.kv_gib, "the rest of the budget"),
    ):
        yield LedgerLine(label, value, "GiB", why)


def _cache_lines(
    request: MemoryRequest, settings: _Settings, stage: _Stage
) -> Iterator[LedgerLine]:
    cache, tokens = stage.cache, _tokens(request, stage)
    needs = cache.request_gib(settings.length)
    windowed = ", padded sliding-window layers included" if cache.window_bytes else ""
    kind = f"{request.kv_cache_type or 'auto'}{windowed}"
    counted = "state per request dominates" if tokens is None else f"blocks of {BLOCK_TOKENS}"
    yield LedgerLine("bytes per token", cache.full_bytes + cache.window_bytes, "bytes", kind)
    yield LedgerLine("tokens", tokens, "tokens", counted)
    label, requests = f"requests at {settings.length} tokens", max(0.0, stage.kv_gib / needs)
    yield LedgerLine(label, requests, "requests", f"{needs:.2f} GiB each")


def _suggestions(request: MemoryRequest) -> Iterator[str]:
    """Changes in the order in which they cost least, each with what it brings."""
    yield from _fewer_requests(request)
    yield from _smaller_cache(request)
    yield from _more_tensor(request)
    yield from _shorter_length(request)


def _fewer_requests(request: MemoryRequest) -> Iterator[str]:
    now = _settings(request).requests
    for fewer in [each for each in FEWER_REQUESTS if each < now][:1]:
        freed = _room_gib(replace(request, max_requests=fewer)) - _room_gib(request)
        if freed > 0:
            yield f"at most {fewer} concurrent requests instead of {now}: frees {freed:.2f} GiB"


def _smaller_cache(request: MemoryRequest) -> Iterator[str]:
    capability = request.accelerator.compute_capability or FP8_CAPABILITY
    smaller = replace(request, kv_cache_type="fp8")
    freed = _room_gib(smaller) - _room_gib(request)
    if freed > 0 and capability >= FP8_CAPABILITY:
        yield f"model.kvCacheType fp8: the longest request takes {freed:.2f} GiB less"


def _more_tensor(request: MemoryRequest) -> Iterator[str]:
    heads = request.architecture.num_key_value_heads
    sizes = range(2 * request.tensor, heads + 1, request.tensor)
    wider = [replace(request, tensor=size) for size in sizes if heads % size == 0]
    enough = [each for each in wider if _room_gib(each) >= _band_gib(each)]
    for each in (enough or wider[-1:])[:1]:
        left = _tightest(each).kv_gib
        yield f"parallelism.tensor {each.tensor}: leaves {left:.2f} GiB for the KV cache"


def _shorter_length(request: MemoryRequest) -> Iterator[str]:
    """One block less than what fits: engines keep one block for themselves."""
    now = _settings(request).length
    longest = _longest(request, _band_gib(request), BLOCK_TOKENS, now)
    longest = longest or _longest(request, 0, BLOCK_TOKENS, now)
    if longest > BLOCK_TOKENS:
        yield f"model.maxLength {longest - BLOCK_TOKENS} instead of {now}"
