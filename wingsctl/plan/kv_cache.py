"""How many bytes the KV cache takes, per token and per request."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wingsctl.models.architecture import Layer
from wingsctl.models.cache import CacheLayer, cache_layers
from wingsctl.plan.memory_request import MemoryRequest, Settings
from wingsctl.plan.weights import GIB

BLOCK_TOKENS = 16
_SCALED_FP4 = 0.5 + 1 / 16
_KV_BYTES: dict[str, float] = {
    **dict.fromkeys(("auto", "bfloat16", "bf16", "float16", "half"), 2),
    "float32": 4,
    **dict.fromkeys(("int8", "fp8", "fp8_e4m3", "fp8_e5m2", "fp8_e4m3fn", "fp8_inc"), 1),
    **dict.fromkeys(("nvfp4", "nvfp4_4over6", "fp4_e2m1", "fp4_mx_block16"), _SCALED_FP4),
    **dict.fromkeys(("int8_per_token_head", "fp8_per_token_head"), 1 + 4 / 64),
    "int4_per_token_head": 0.5 + 4 / 64,
    "mxfp8": 1 + 1 / 32,
    "fp8_ds_mla": 656 / 576,
}
"""Bytes of a cached value with its scales; one for each token and head is as with heads of 64.

From vllm 0.32.0, utils/torch_utils.py (nvfp4_kv_cache_full_dim) and its 656 bytes of a latent of
576 values; sglang 0.5.18, srt/model_executor/pool_configurator.py (blocks of 16 and of 32).
"""


@dataclass(frozen=True)
class Cache:
    """Cache bytes per token of full and of windowed layers, and per running request."""

    full_bytes: float
    window_bytes: float = 0
    window: int = 0
    state_bytes: float = 0
    block: int = BLOCK_TOKENS
    """Tokens of a block."""
    states: float = 0
    """Bytes per token of what a block for states takes, which are as large as one of tokens."""

    def request_gib(self, length: int) -> float:
        """What one request of `length` tokens takes; windowed layers keep a window."""
        blocks = math.ceil(length / self.block)
        windowed = min(blocks, math.ceil(self.window / self.block) + 1)
        tokens = blocks * self.full_bytes + windowed * self.window_bytes
        return (tokens * self.block + self.state_bytes) / GIB

    def pool_tokens(self, gib: float) -> int:
        """Tokens of blocks of all kinds side by side: how the size of a pool is logged."""
        each = self.block * (self.full_bytes + self.window_bytes + self.states)
        return max(0, int(gib * GIB // each)) * self.block if each else 0


def cache_of(request: MemoryRequest, settings: Settings, layers: range) -> Cache:
    """The cache of the stage with these `layers`, on one GPU."""
    size, ranks = cached_value_bytes(request), request.attention_ranks
    mixers = [each.mixer for each in _cached(request, layers)]
    found = [each for mixer in mixers for each in cache_layers(mixer, ranks, size)]
    growing = [each for each in found if not each.request_bytes]
    full = [each for each in growing if each.window is None]
    windowed = [each for each in growing if each.window is not None]
    states = [each.request_bytes for each in found if each.request_bytes]
    window = max((each.window or 0 for each in windowed), default=0)
    if settings.row.pool == "remainder":
        if states and full:
            return _with_states(full, states, _copies(request, settings))
        full, windowed = _grouped(full, windowed)
    return Cache(
        _token_bytes(full),
        _token_bytes(windowed),
        window - 1 + settings.batched if window else 0,
        sum(states),
    )


def _copies(request: MemoryRequest, settings: Settings) -> int:
    """Blocks of each request's state: two where the cache keeps prefixes (vLLM's "align" mode)."""
    keeps = request.run.keeps_prefixes
    return settings.row.state_copies if keeps is None else 1 + keeps


def _with_states(full: list[CacheLayer], states: list[int], copies: int) -> Cache:
    """Blocks of tokens and of states as large as each other, in groups of as many layers.

    As vllm/model_executor/models/config.py has it: a block has so many tokens, a multiple of
    16, that one layer's part is as large as a state.
    """
    token_bytes = max(each.token_bytes for each in full)
    block = BLOCK_TOKENS * math.ceil(max(states) / (BLOCK_TOKENS * token_bytes))
    size = _group_size(len(full), len(states))
    tokens, others = (math.ceil(count / size) * size for count in (len(full), len(states)))
    return Cache(
        tokens * token_bytes,
        state_bytes=others * copies * block * token_bytes,
        block=block,
        states=others * token_bytes,
    )


def _cached(request: MemoryRequest, layers: range) -> Iterator[Layer]:
    """Layers of a stage; the last one has those of a draft, too."""
    yield from (request.model.layers[index] for index in layers)
    if layers.stop == len(request.model.layers):
        yield from request.speculation.layers(request.model)


def _token_bytes(layers: Iterable[CacheLayer]) -> float:
    return sum(each.token_bytes for each in layers)


def _grouped(
    full: list[CacheLayer], windowed: list[CacheLayer]
) -> tuple[list[CacheLayer], list[CacheLayer]]:
    """Layers as vLLM pads them: groups of one kind, all as large as the rarer kind.

    Where the two kinds differ by at most a quarter, the commoner one gives the size.
    """
    if not full or not windowed:
        return full, windowed
    size = _group_size(len(full), len(windowed))
    return _padded(full, size), _padded(windowed, size)


def _group_size(*counts: int) -> int:
    rarer, commoner = sorted(counts)
    return commoner if commoner <= 1.25 * rarer else rarer


def _padded(layers: list[CacheLayer], multiple: int) -> list[CacheLayer]:
    return layers + layers[-1:] * (-len(layers) % multiple)


def cached_value_bytes(request: MemoryRequest) -> float:
    """As the profile says it, else the checkpoint, else the model's own type."""
    if request.kv_cache_type in (None, "auto"):
        return request.formats.formats.cache_bytes or request.value_bytes
    return value_bytes_of(request.kv_cache_type) or 2


def value_bytes_of(name: str | None) -> float | None:
    """Bytes per cached value; None if the type is unknown."""
    return _KV_BYTES.get((name or "auto").lower())


def capped_gib(request: MemoryRequest, cache: Cache, left_gib: float) -> float:
    """What the arguments leave of the room for a cache of this stage."""
    limits = [left_gib]
    if request.cache_gib is not None:
        limits.append(request.cache_gib)
    if request.pool_tokens is not None:
        limits.append(request.pool_tokens * (cache.full_bytes + cache.window_bytes) / GIB)
    return min(limits)
