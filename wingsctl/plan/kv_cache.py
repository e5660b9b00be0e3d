"""How many bytes the KV cache takes, per token and per request."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wingsctl.catalog.model import LinearAttention
from wingsctl.plan import weight_parts
from wingsctl.plan.memory_request import MemoryRequest, Settings
from wingsctl.plan.weights import GIB

BLOCK_TOKENS = 16
INDEXER_BYTES = 132  # DeepSeek sparse attention, per token and layer: 128 values, a scale
_KV_BYTES = {"auto": 2, "bfloat16": 2, "float16": 2, "float32": 4, "int8": 1, "fp8": 1}


@dataclass(frozen=True)
class Cache:
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


def cache_of(request: MemoryRequest, settings: Settings, layers: range) -> Cache:
    """The cache of the stage with these `layers`, on one GPU."""
    architecture, sliding = request.architecture, request.architecture.sliding_window
    full = sum(weight_parts.is_full_layer(architecture, index) for index in layers)
    other = len(layers) - full
    if architecture.linear_attention:
        state = other * _state_bytes(architecture.linear_attention, request.tensor)
        return Cache(full * _layer_bytes(request, True), state_bytes=state)
    if settings.row.pool == "remainder":
        full, other = _grouped(full, other)
    window = sliding.window - 1 + settings.batched if sliding else 0
    return Cache(full * _layer_bytes(request, True), other * _layer_bytes(request, False), window)


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
    value_bytes = value_bytes_of(request.kv_cache_type) or 2
    if mla := request.architecture.mla:
        indexer = INDEXER_BYTES if mla.index_head_dim else 0
        return (mla.kv_lora_rank + mla.qk_rope_head_dim) * value_bytes + indexer
    size, heads = weight_parts.kv_shape(request.architecture, is_full)
    return 2 * max(1, heads // request.tensor) * size * value_bytes


def value_bytes_of(name: str | None) -> int | None:
    """Bytes per cached value; None if the type is unknown."""
    plain = (name or "auto").lower()
    return _KV_BYTES.get("fp8" if plain.startswith("fp8") else plain)


def _state_bytes(linear: LinearAttention, tensor: int) -> int:
    """State of a request in one linear layer: a 32-bit matrix and a 16-bit convolution."""
    keys = linear.linear_num_key_heads * linear.linear_key_head_dim
    values = linear.linear_num_value_heads * linear.linear_value_head_dim
    convolution = (linear.linear_conv_kernel_dim - 1) * (2 * keys + values)
    return (4 * values * linear.linear_key_head_dim + 2 * convolution) // tensor
