"""How many bytes the KV cache takes, per token and per request."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from wingsctl.models.cache import CacheLayer, cache_layers
from wingsctl.plan.memory_request import MemoryRequest, Settings
from wingsctl.plan.weights import GIB

BLOCK_TOKENS = 16
_KV_BYTES = {"auto": 2, "bfloat16": 2, "float16": 2, "float32": 4, "int8": 1, "fp8": 1}


@dataclass(frozen=True)
class Cache:
    """Cache bytes per token of full and of windowed layers, and per running request."""

    full_bytes: float
    window_bytes: float = 0
    window: int = 0
    state_bytes: int = 0

    def request_gib(self, length: int) -> float:
        """What one request of `length` tokens takes; windowed layers keep a window."""
        blocks = math.ceil(length / BLOCK_TOKENS)
        windowed = min(blocks, math.ceil(self.window / BLOCK_TOKENS) + 1)
        tokens = blocks * self.full_bytes + windowed * self.window_bytes
        return (tokens * BLOCK_TOKENS + self.state_bytes) / GIB


def cache_of(request: MemoryRequest, settings: Settings, layers: range) -> Cache:
    """The cache of the stage with these `layers`, on one GPU."""
    size, ranks = cached_value_bytes(request), request.attention_ranks
    mixers = [request.model.layers[index].mixer for index in layers]
    found = [each for mixer in mixers for each in cache_layers(mixer, ranks, size)]
    growing = [each for each in found if not each.request_bytes]
    full = [each for each in growing if each.window is None]
    windowed = [each for each in growing if each.window is not None]
    window = max((each.window or 0 for each in windowed), default=0)
    if settings.row.pool == "remainder":
        full, windowed = _grouped(full, windowed)
    return Cache(
        _token_bytes(full),
        _token_bytes(windowed),
        window - 1 + settings.batched if window else 0,
        sum(each.request_bytes for each in found),
    )


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
    rarer, commoner = sorted((len(full), len(windowed)))
    size = commoner if commoner <= 1.25 * rarer else rarer
    return _padded(full, size), _padded(windowed, size)


def _padded(layers: list[CacheLayer], multiple: int) -> list[CacheLayer]:
    return layers + layers[-1:] * (-len(layers) % multiple)


def cached_value_bytes(request: MemoryRequest) -> int:
    """As the profile says it, else the checkpoint, else the model's own type."""
    if request.kv_cache_type in (None, "auto"):
        return request.formats.formats.cache_bytes or request.value_bytes
    return value_bytes_of(request.kv_cache_type) or 2


def value_bytes_of(name: str | None) -> int | None:
    """Bytes per cached value; None if the type is unknown."""
    plain = (name or "auto").lower()
    return _KV_BYTES.get("fp8" if plain.startswith("fp8") else plain)
