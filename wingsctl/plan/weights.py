"""How much memory a model's weights take, from its architecture alone.

Counts follow the published model definitions and reproduce the totals that hubs state;
multi-token prediction (draft) layers are left out, because engines load them only for
speculative decoding. Sizes are GiB, bytes per parameter include scales and zero points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wingsctl.catalog.model import (
    Architecture,
    LatentAttention,
    LinearAttention,
    MixtureOfExperts,
)

GIB = 2**30
Kind = Literal["attention", "mlp", "experts", "plain"]

_WHOLE = 1
_ALL_RANKS = 1 << 30
_FOUR_NORMS = frozenset({"gemma2", "gemma3", "gemma3_text", "gemma4", "glm4"})
_TWO_MATRICES = frozenset({"opt", "phi"})
_GATED_TOWERS = frozenset({"mistral3", "qwen2_5_vl"})
_VOCABULARY_MULTIPLE = 64


@dataclass(frozen=True)
class WeightFormat:
    """Bytes per quantised parameter, and the kinds of layers that are quantised.

    Where a name covers several widths, `least_bytes` is the narrowest of them and
    `reason` says so. Engines pad experts to a multiple of `expert_multiple` columns.
    """

    bytes: float
    least_bytes: float
    kinds: frozenset[Kind] = frozenset({"attention", "mlp", "experts"})
    expert_multiple: int = 1
    reason: str = ""


@dataclass(frozen=True)
class WeightsEstimate:
    """GiB on one GPU; `least_gib` is lower where `reason` says why that is uncertain."""

    gib: float
    least_gib: float
    reason: str = ""


@dataclass(frozen=True)
class Part:
    """`count` parameters of one kind, which at most `split` ranks can share."""

    kind: Kind
    count: int
    split: int = _ALL_RANKS


def parameter_count(architecture: Architecture) -> int:
    """Parameters of the whole model; a vision tower is counted approximately."""
    return _total(_all_parts(architecture)) + _unquantised(architecture)


def checkpoint_gib(
    architecture: Architecture, quantization: str | None, parameters: int | None = None
) -> float:
    """GiB of all weight files; a stated count of `parameters` scales the result."""
    form = weight_format(architecture, quantization)
    quantised = sum(part.count * _bytes(part, form) for part in _all_parts(architecture))
    scale = parameters / parameter_count(architecture) if parameters else 1.0
    return (quantised + 2 * _unquantised(architecture)) * scale / GIB


def weights_gib(
    architecture: Architecture, quantization: str | None, tensor: int, pipeline: int
) -> WeightsEstimate:
    """What the fullest GPU of all tensor and pipeline ranks holds."""
    shares = [
        stage_weights_gib(architecture, quantization, tensor, layers)
        for layers in stages(architecture.num_hidden_layers, pipeline)
    ]
    return max(shares, key=lambda share: share.gib)


def stage_weights_gib(
    architecture: Architecture, quantization: str | None, tensor: int, layers: range
) -> WeightsEstimate:
    """What one GPU holds of the pipeline stage with these `layers`."""
    form = weight_format(architecture, quantization)
    parts = [
        part
        for index in layers
        for part in _layer(architecture, index, form.expert_multiple * tensor)
    ]
    ends = 2 * (_ends(architecture, tensor, layers) + _rotary(architecture))
    full, least = (
        ends + sum(part.count / min(part.split, tensor) * _bytes(part, form, low) for part in parts)
        for low in (False, True)
    )
    return WeightsEstimate(full / GIB, least / GIB, form.reason)


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


def weight_format(architecture: Architecture, quantization: str | None) -> WeightFormat:
    """The format behind a name; an unknown one counts as 16-bit, with a reason."""
    name = (quantization or "none").lower().replace("_", "-").removesuffix("-marlin")
    if name == "compressed-tensors" and architecture.model_type.startswith("kimi"):
        return _KIMI_INT4
    if name in ("nvfp4", "modelopt-fp4") and architecture.mla:
        return WeightFormat(0.5625, 0.5625, frozenset({"mlp", "experts"}))
    reason = f"the weight format {quantization!r} is unknown and counted as 16-bit"
    return _FORMATS.get(name, WeightFormat(2, 0.25, reason=reason))


# Values plus scales and zero points: 4 bits with a 16-bit scale per 128 (w4a16) and a
# 4-bit zero point (awq, gptq), a scale byte per 32 (mxfp4) or per 16 (nvfp4), a 16-bit scale
# per 32 (Kimi's int4, q8_0). bitsandbytes from a log; the narrowest gguf is q2_k.
_SIXTEEN_BIT = WeightFormat(2, 2)
_EIGHT_BIT = WeightFormat(1, 1)
_NVFP4 = WeightFormat(0.5625, 0.5625)
_KIMI_INT4 = WeightFormat(0.5625, 0.5625, frozenset({"experts"}))
_GROUP_128 = WeightFormat(0.5195, 0.5195)
_FORMATS = {
    **dict.fromkeys(
        ["none", "auto", "half", "bfloat16", "bf16", "float16", "fp16", "16bit"], _SIXTEEN_BIT
    ),
    **dict.fromkeys(["fp8", "w8a8", "w8a8-int8", "w8a8-fp8", "int8", "modelopt-fp8"], _EIGHT_BIT),
    **dict.fromkeys(["awq", "gptq"], _GROUP_128),
    "w4a16": WeightFormat(0.5156, 0.5156),
    "mxfp4": WeightFormat(0.53125, 0.53125, frozenset({"experts"}), 256),
    **dict.fromkeys(["nvfp4", "modelopt-fp4"], _NVFP4),
    "bitsandbytes": WeightFormat(0.53, 0.53),
    "fbgemm-fp8": WeightFormat(1, 1, frozenset({"mlp", "experts"})),
    "q8-0": WeightFormat(1.0625, 1.0625),
    "gguf": WeightFormat(1.0625, 0.33, reason="gguf weights have 2 to 8 bits; counted as q8_0"),
    "modelopt": WeightFormat(1, 0.5625, reason="modelopt means fp8 or nvfp4; counted as fp8"),
    "compressed-tensors": WeightFormat(
        1, 0.5156, reason="compressed-tensors holds 4 or 8 bits; counted as 8"
    ),
}


def _bytes(part: Part, form: WeightFormat, least: bool = False) -> float:
    if part.kind not in form.kinds:
        return 2
    return form.least_bytes if least else form.bytes


def _total(parts: Iterable[Part]) -> int:
    return sum(part.count for part in parts)


def _all_parts(architecture: Architecture) -> list[Part]:
    layers = range(architecture.num_hidden_layers)
    return [part for index in layers for part in _layer(architecture, index)]


def _unquantised(architecture: Architecture) -> int:
    copies = 1 if architecture.tie_word_embeddings else 2
    vocabulary = copies * architecture.vocab_size * architecture.hidden_size
    return vocabulary + architecture.hidden_size + _vision(architecture)


def _ends(architecture: Architecture, tensor: int, layers: range) -> float:
    """Embedding, head, final norm and vision tower of a stage, per rank and unquantised."""
    first, last = layers.start == 0, layers.stop == architecture.num_hidden_layers
    copies = 1 if architecture.tie_word_embeddings and (first or last) else first + last
    rows = math.ceil(architecture.vocab_size / _VOCABULARY_MULTIPLE) * _VOCABULARY_MULTIPLE
    share = copies * rows * architecture.hidden_size / tensor
    return share + last * architecture.hidden_size + first * _vision(architecture, tensor)


def _rotary(architecture: Architecture) -> int:
    """Values of the table of rotary positions, which every rank keeps whole."""
    positions = architecture.rope_cache_positions or architecture.max_position_embeddings or 0
    mla = architecture.mla
    return positions * (mla.qk_rope_head_dim if mla else head_size(architecture))


def _vision(architecture: Architecture, tensor: int = 1) -> int:
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


def _layer(architecture: Architecture, index: int, expert_multiple: int = 1) -> list[Part]:
    norms = 4 if architecture.model_type in _FOUR_NORMS else 2
    return [
        Part("plain", norms * architecture.hidden_size, _WHOLE),
        *_attention(architecture, is_full_layer(architecture, index)),
        *_feed_forward(architecture, index, expert_multiple),
    ]


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


def kv_shape(architecture: Architecture, is_full: bool = True) -> tuple[int, int]:
    """Head size and key-value heads of a full (or else a sliding) layer."""
    size, pairs = head_size(architecture), architecture.num_key_value_heads
    if not is_full:
        return size, pairs
    return architecture.global_head_dim or size, architecture.num_global_key_value_heads or pairs


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
