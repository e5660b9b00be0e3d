"""The tensors of a checkpoint, as its safetensors headers list them: classes, bytes, parameters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from wingsctl.models.formats import Formats

TensorClass = Literal[
    "embedding", "attention", "feed-forward", "experts", "router", "norm", "head", "vision",
    "audio", "draft", "other",
]  # fmt: skip
BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8,
    "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip
"""Of a value: the types of the format (github.com/huggingface/safetensors, src/tensor.rs)."""
INTEGERS = {"U8", "I8", "I16", "U16", "I32", "U32", "I64", "U64"}
_VISION = (
    r"visual|vision\w*|vpm|resampler|vit|image_\w+|img_\w+|embed_vision|mm_projector|"
    r"multi_modal_projector|mlp1|patch_merger|patch_embed"
)
_EMBEDDING = (
    r"embed_tokens\w*|tok_embeddings|wte|wpe|embed|embeddings?|embed_positions|"
    r"\w*word_embeddings|\w*position_embeddings|\w*token_type_embeddings"
)
_FEED_FORWARD = (
    r"mlp|feed_forward|ffn|ff|shared_experts?|shared_mlp|intermediate|fc1|fc2|gate_proj|up_proj|"
    r"down_proj|gate_up_proj|dense_h_to_4h|dense_4h_to_h"
)
_HEAD = "lm_head|output_layer|embed_out|proj_out|score|classifier|v_head"
_ATTENTION = (
    r"self_attn|self_attention|cross_attn|encoder_attn|attn|attention|linear_attn|mixer|mamba|ssm|"
    r"temporal_block|attn_\w+"
)
_PATTERNS: Sequence[tuple[TensorClass, str]] = (
    ("audio", r"(^|\.)(audio_\w+|embed_audio|whisper)\."),
    ("vision", rf"(^|\.)({_VISION})\.|(^|\.)image_newline$"),
    ("draft", r"(^|\.)(mtp|mtp_layers|nextn|eagle_\w+)\."),
    ("experts", r"(^|\.)experts(\.|$)|\.expert_\d+\."),
    ("router", r"(^|\.)(gate|router|shared_expert_gate)\.[\w.]*$|e_score_correction_bias$"),
    ("norm", r"(?i)(^|[._])(norm|ln|rmsnorm)\w*\.\w+$|norm\d*\.\w+$"),
    ("head", rf"(^|\.)({_HEAD})\.|^output\.\w+$"),
    ("embedding", rf"(^|\.)({_EMBEDDING})\."),
    ("feed-forward", rf"(^|\.)({_FEED_FORWARD})\."),
    ("attention", rf"(^|\.)({_ATTENTION})(\.|$)"),
    ("feed-forward", r"layers?\.\d+\.output\.dense\."),
)
"""The first that is found in a tensor's name counts."""
_CLASSES = tuple((kind, re.compile(pattern)) for kind, pattern in _PATTERNS)
_NUMBER = re.compile(r"\.\d+(?=\.)")
_LAYER = re.compile(r"^(?:model\.)?(?:language_model\.)?(?:model\.)?layers\.(\d+)\.")
_SCALE = re.compile(
    r"(_scale(_inv|_2)?|_scales|\.scales|_scale_and_zero|_zero_point|\.qzeros|\.g_idx|_shape|"
    r"_global_scale|\.absmax|\.nested_absmax|\.quant_map|\.nested_quant_map|_perm|"
    r"\.(k|v|q|kv|prob)_scale|quant_state\.\w+)$"
)


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def values(self) -> int:
        """As stored: packed values count as one."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """In its file."""
        return self.values * BITS[self.dtype] // 8


def class_of(name: str, layers: int) -> TensorClass:
    """What a tensor is part of; what lies behind the `layers` of the model is a draft model."""
    found = _kind_of(_NUMBER.sub(".0", name))
    layer = _LAYER.match(name)
    is_behind = layer is not None and int(layer[1]) >= layers and found not in ("vision", "audio")
    return "draft" if is_behind else found


@lru_cache(maxsize=4096)
def _kind_of(name: str) -> TensorClass:
    """Once for all layers and experts: their numbers are left out."""
    return next((kind for kind, pattern in _CLASSES if pattern.search(name)), "other")


def bytes_by_class(tensors: Iterable[Tensor], layers: int) -> dict[str, dict[str, int]]:
    """Class -> type of number -> bytes, both sorted by name."""
    found: dict[str, dict[str, int]] = {}
    for tensor in tensors:
        kind = found.setdefault(class_of(tensor.name, layers), {})
        kind[tensor.dtype] = kind.get(tensor.dtype, 0) + tensor.bytes
    return {kind: dict(sorted(sizes.items())) for kind, sizes in sorted(found.items())}


def count_parameters(
    tensors: Sequence[Tensor], layers: int, formats: Formats, *, is_tied: bool = False
) -> int | None:
    """Values of the model's weights, without scales, draft layers and a head that is tied.

    Packed values are counted one by one; None where their format is not known.
    """
    names = {each.name: each.dtype for each in tensors}
    count = 0
    for tensor in tensors:
        kind = class_of(tensor.name, layers)
        if kind == "draft" or (kind == "head" and is_tied) or _is_scale(tensor, names):
            continue
        factor = _packed(tensor, formats, is_expert=kind == "experts")
        if factor is None:
            return None
        count += tensor.values * factor
    return count


def _is_scale(tensor: Tensor, names: Mapping[str, str]) -> bool:
    """Also what is called `scale` beside a weight of at most 8 bits (DeepSeek V4)."""
    if _SCALE.search(tensor.name):
        return True
    weight = names.get(f"{tensor.name.removesuffix('.scale')}.weight", "F32")
    return tensor.name.endswith(".scale") and BITS[weight] <= 8


def _packed(tensor: Tensor, formats: Formats, *, is_expert: bool) -> int | None:
    """How many values of the model one stored value holds; None where that is not known."""
    if tensor.dtype not in INTEGERS:
        return 1
    bits = _bits(formats, is_expert)
    if bits is None or bits != int(bits):
        return None
    return BITS[tensor.dtype] // int(bits)


def _bits(formats: Formats, is_expert: bool) -> float | None:
    """Of a value of a matrix that is stored as whole numbers."""
    if is_expert and formats.experts:
        return formats.experts.bits
    named = [each.format for each in formats.rules]
    known = [each.bits for each in (formats.default, formats.experts, *named) if each]
    return min(known, default=None)
