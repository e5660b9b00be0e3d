"""How much memory a model's weights take, from its architecture alone.

Counts reproduce the totals that hubs state. Sizes are GiB, bytes per parameter include
scales and zero points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from wingsctl.catalog.model import Architecture
from wingsctl.plan.weight_parts import (
    Kind,
    Part,
    layer_parts,
    rotary_count,
    stages,
    vision_count,
)

GIB = 2**30
_VOCABULARY_MULTIPLE = 64


@dataclass(frozen=True)
class WeightFormat:
    """Bytes per quantised parameter, and the kinds of layers that are quantised.

    Experts take `expert_bytes` instead, where it is given. Where a name covers several widths,
    `least_bytes` is the narrowest of them and `reason` says so. Engines pad experts to a
    multiple of `expert_multiple` columns.
    """

    bytes: float
    least_bytes: float
    kinds: frozenset[Kind] = frozenset({"attention", "mlp", "experts"})
    expert_multiple: int = 1
    expert_bytes: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class WeightsEstimate:
    """GiB on one GPU; `least_gib` is lower where `reason` says why that is uncertain."""

    gib: float
    least_gib: float
    reason: str = ""


def parameter_count(architecture: Architecture) -> int:
    """Parameters of the whole model; a vision tower is counted approximately."""
    return sum(part.count for part in _all_parts(architecture)) + _unquantised(architecture)


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
        for part in layer_parts(architecture, index, form.expert_multiple * tensor)
    ]
    ends = 2 * (_ends(architecture, tensor, layers) + rotary_count(architecture))
    full, least = (
        ends + sum(part.count / min(part.split, tensor) * _bytes(part, form, low) for part in parts)
        for low in (False, True)
    )
    return WeightsEstimate(full / GIB, least / GIB, form.reason)


def weight_format(architecture: Architecture, quantization: str | None) -> WeightFormat:
    """The format behind a name; an unknown one counts as 16-bit, with a reason."""
    name = (quantization or "none").lower().replace("_", "-").removesuffix("-marlin")
    if name == "compressed-tensors" and architecture.model_type.startswith("kimi"):
        return _KIMI_INT4
    if name == "fp8" and architecture.moe and architecture.moe.expert_dtype == "fp4":
        return _FP4_EXPERTS
    if name in ("nvfp4", "modelopt-fp4") and architecture.mla:
        return WeightFormat(0.5625, 0.5625, frozenset({"mlp", "experts"}))
    reason = f"the weight format {quantization!r} is unknown and counted as 16-bit"
    return _FORMATS.get(name, WeightFormat(2, 0.25, reason=reason))


# Values plus scales and zero points: 4 bits with a 16-bit scale per 128 (w4a16) and a
# 4-bit zero point (awq, gptq), a scale byte per 32 (mxfp4, fp4 experts beside fp8) or per 16
# (nvfp4), a 16-bit scale per 32 (Kimi's int4, q8_0). bitsandbytes from a log; the narrowest gguf
# is q2_k.
_SIXTEEN_BIT = WeightFormat(2, 2)
_EIGHT_BIT = WeightFormat(1, 1)
_NVFP4 = WeightFormat(0.5625, 0.5625)
_KIMI_INT4 = WeightFormat(0.5625, 0.5625, frozenset({"experts"}))
_FP4_EXPERTS = WeightFormat(1, 1, expert_bytes=0.53125)
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
    if part.kind == "experts" and form.expert_bytes is not None:
        return form.expert_bytes
    return form.least_bytes if least else form.bytes


def _all_parts(architecture: Architecture) -> list[Part]:
    layers = range(architecture.num_hidden_layers)
    return [part for index in layers for part in layer_parts(architecture, index)]


def _unquantised(architecture: Architecture) -> int:
    copies = 1 if architecture.tie_word_embeddings else 2
    vocabulary = copies * architecture.vocab_size * architecture.hidden_size
    return vocabulary + architecture.hidden_size + vision_count(architecture)


def _ends(architecture: Architecture, tensor: int, layers: range) -> float:
    """Embedding, head, final norm and vision tower of a stage, per rank and unquantised."""
    first, last = layers.start == 0, layers.stop == architecture.num_hidden_layers
    copies = 1 if architecture.tie_word_embeddings and (first or last) else first + last
    rows = math.ceil(architecture.vocab_size / _VOCABULARY_MULTIPLE) * _VOCABULARY_MULTIPLE
    share = copies * rows * architecture.hidden_size / tensor
    return share + last * architecture.hidden_size + first * vision_count(architecture, tensor)
