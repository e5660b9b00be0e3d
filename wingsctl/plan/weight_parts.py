"""How many parameters each layer of a model has, by kind.

Counts follow the published model definitions; multi-token prediction (draft) layers are
left out, because engines load them only for speculative decoding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from wingsctl.catalog.model import (
    Architecture,
    LatentAttention,
    LinearAttention,
    MixtureOfExperts,
)

Kind = Literal["attention", "mlp", "experts", "plain"]
_WHOLE = 1
_ALL_RANKS = 1 << 30
_FOUR_NORMS = frozenset({"gemma2", "gemma3", "gemma3_text", "gemma4", "glm4"})
_TWO_MATRICES = frozenset({"opt", "phi"})
_GATED_TOWERS = frozenset({"mistral3", "qwen2_5_vl"})


@dataclass(frozen=True)
class Part:
    """`count` parameters of one kind, which at most `split` ranks can share."""

    kind: Kind
    count: int
    split: int = _ALL_RANKS


def layer_parts(architecture: Architecture, index: int, expert_multiple: int = 1) -> list[Part]:
    """All parameters of one layer."""
    norms = 4 if architecture.model_type in _FOUR_NORMS else 2
    return [
        Part("plain", norms * architecture.hidden_size, _WHOLE),
        *_attention(architecture, is_full_layer(architecture, index)),
        *_feed_forward(architecture, index, expert_multiple),
    ]


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


def is_full_layer(architecture: Architecture, index: int) -> bool:
    """Whether a layer attends to everything; such layers are spread evenly."""
    kind = architecture.sliding_window or architecture.linear_attention
    if kind is None:
        return True
    total = architecture.num_hidden_layers
    return (index + 1) * kind.full_layers // total > index * kind.full_layers // total


def head_size(architecture: Architecture) -> int:
    """Values per attention head."""
    return architecture.head_dim or architecture.hidden_size // architecture.num_attention_heads


def kv_shape(architecture: Architecture, is_full: bool = True) -> tuple[int, int]:
    """Head size and key-value heads of a full (or else a sliding) layer."""
    size, pairs = head_size(architecture), architecture.num_key_value_heads
    if not is_full:
        return size, pairs
    return architecture.global_head_dim or size, architecture.num_global_key_value_heads or pairs


def rotary_count(architecture: Architecture) -> int:
    """Values of the table of rotary positions, which every rank keeps whole."""
    positions = architecture.rope_cache_positions or architecture.max_position_embeddings or 0
    mla = architecture.mla
    return positions * (mla.qk_rope_head_dim if mla else head_size(architecture))


def vision_count(architecture: Architecture, tensor: int = 1) -> int:
    """Tower and projector; ranks share the tower only if its heads divide over them."""
    tower = architecture.vision_config
    width = tower and (tower.embed_dim or tower.hidden_size)
    if not tower or not width:
        return 0
    depth = tower.depth or tower.num_hidden_layers or 0
    heads = tower.num_heads or tower.num_attention_heads or 1
    matrices = 3 if architecture.model_type in _GATED_TOWERS else 2
    attention = 4 * width * width // (tensor if heads % tensor == 0 else 1)
    mlp = matrices * width * (tower.intermediate_size or 4 * width) // tensor
    return depth * (attention + mlp) + _projector(architecture, width)


def _projector(architecture: Architecture, width: int) -> int:
    if architecture.model_type.startswith("gemma"):
        return width * architecture.hidden_size
    return 16 * width * width + 4 * width * architecture.hidden_size


def _attention(architecture: Architecture, is_full: bool) -> list[Part]:
    if architecture.mla:
        return _latent_attention(architecture, architecture.mla)
    if architecture.linear_attention and not is_full:
        return _linear_attention(architecture.hidden_size, architecture.linear_attention)
    return _grouped_attention(architecture, is_full)


def _grouped_attention(architecture: Architecture, is_full: bool) -> list[Part]:
    size, pairs = kv_shape(architecture, is_full)
    hidden, heads = architecture.hidden_size, architecture.num_attention_heads
    query = 3 if architecture.linear_attention else 2  # query, output and an output gate
    bias = architecture.attention_bias
    extra = architecture.model_type == "gpt_oss" and hidden + heads  # output bias, sinks
    return [
        Part("attention", query * hidden * heads * size),
        Part("attention", 2 * hidden * pairs * size, pairs),
        Part("plain", bias * (heads + 2 * pairs) * size + extra),
        Part("plain", architecture.qk_norm * 2 * size, _WHOLE),
    ]


def _latent_attention(architecture: Architecture, mla: LatentAttention) -> list[Part]:
    hidden, heads = architecture.hidden_size, architecture.num_attention_heads
    rank, wide = mla.q_lora_rank, mla.qk_nope_head_dim + mla.qk_rope_head_dim
    down = hidden * (mla.kv_lora_rank + mla.qk_rope_head_dim + (rank or 0))
    up = heads * (
        (rank or hidden) * wide + mla.kv_lora_rank * (mla.qk_nope_head_dim + mla.v_head_dim)
    )
    return [
        Part("attention", down, _WHOLE),
        Part("attention", up + heads * mla.v_head_dim * hidden),
        Part("plain", mla.kv_lora_rank + (rank or 0), _WHOLE),
    ]


def _linear_attention(hidden: int, linear: LinearAttention) -> list[Part]:
    """A gated delta net: projections, their convolution, decay and gates."""
    keys = 2 * linear.linear_num_key_heads * linear.linear_key_head_dim
    values = linear.linear_num_value_heads * linear.linear_value_head_dim
    gates = 2 * linear.linear_num_value_heads
    return [
        Part("attention", hidden * (keys + 3 * values + gates)),
        Part("plain", linear.linear_conv_kernel_dim * (keys + values) + gates),
    ]


def _feed_forward(architecture: Architecture, index: int, multiple: int) -> list[Part]:
    moe = architecture.moe
    step = moe.interleave_moe_layer_step if moe else 1
    if moe is None or index < moe.first_k_dense_replace or (index + 1) % step:
        width = (moe and moe.dense_intermediate_size) or architecture.intermediate_size or 0
        return [_dense(architecture, width)]
    parallel = architecture.model_type == "gemma4" and architecture.intermediate_size
    return [*_experts(architecture, moe, multiple), _dense(architecture, parallel or 0)]


def _dense(architecture: Architecture, width: int) -> Part:
    matrices = 2 if architecture.model_type in _TWO_MATRICES else 3
    return Part("mlp", matrices * architecture.hidden_size * width)


def _experts(architecture: Architecture, moe: MixtureOfExperts, multiple: int) -> list[Part]:
    hidden, width = architecture.hidden_size, moe.moe_intermediate_size
    padded = math.ceil(width / multiple) * multiple
    shared = moe.shared_expert_intermediate_size or moe.n_shared_experts * width
    has_bias = architecture.model_type == "gpt_oss"
    bias = moe.num_experts * (hidden + 2 * width + 1) if has_bias else 0
    return [
        Part("experts", moe.num_experts * 3 * hidden * padded),
        Part("mlp", 3 * hidden * shared),
        Part("plain", hidden * moe.num_experts + bias, _WHOLE),
    ]
