"""The formats that a name alone stands for, where the checkpoint's own block is not at hand."""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.models.architecture import Model
from wingsctl.models.formats import FP4, FP8, FP8_ROWS, MXFP4, MXFP8, NVFP4, Format, Formats, Rule
from wingsctl.models.shape import is_latent
from wingsctl.models.weights import checkpoint_bytes

ATTENTION_LEFT_OUT = (Rule("self_attn", None, None),)
EXPERTS_ONLY = (
    *ATTENTION_LEFT_OUT,
    Rule("mlp.shared_experts", None, None),
    *(Rule(f"mlp.{name}_proj", None, None) for name in ("gate", "up", "down")),
)
_GROUP_128 = Format("int4", 4, (1, 128), 2.5)
_INT4 = Format("int4", 4, (1, 128), 2)
_KIMI = Format("int4", 4, (1, 32), 2)
_Q8 = Format("q8_0", 8, (1, 32), 2)
_Q2_K = Format("q2_k", 2.64)
_TWO_BITS = Format("two bits", 2)
_BITSANDBYTES = Format("bitsandbytes", 4.24)
"""From a log."""
_SIXTEEN = ("none", "auto", "half", "bfloat16", "bf16", "float16", "fp16", "16bit", "float32")
_ONE_BYTE = ("fp8", "w8a8", "w8a8-int8", "w8a8-fp8", "int8", "modelopt-fp8")
_FORMATS = {
    **dict.fromkeys(_ONE_BYTE, FP8),
    **dict.fromkeys(("awq", "gptq"), _GROUP_128),
    **dict.fromkeys(("nvfp4", "modelopt-fp4"), NVFP4),
    "w4a16": _INT4,
    "bitsandbytes": _BITSANDBYTES,
    "q8-0": _Q8,
    "mxfp8": MXFP8,
}
_UNSURE = {
    "gguf": (_Q8, _Q2_K, "gguf weights have 2 to 8 bits; counted as q8_0"),
    "modelopt": (FP8, NVFP4, "modelopt means fp8 or nvfp4; counted as fp8"),
    "compressed-tensors": (FP8, _INT4, "compressed-tensors holds 4 or 8 bits; counted as 8"),
}


@dataclass(frozen=True)
class Chosen:
    """What the weights are counted with; `least` is narrower where `reason` says why."""

    formats: Formats
    least: Formats
    reason: str = ""


def choose_formats(model: Model, own: Formats | None, name: str | None) -> Chosen:
    """The checkpoint's own block if it is of the named method, else what the name stands for."""
    plain = (name or "none").lower().replace("_", "-").removesuffix("-marlin")
    if own and own.method and plain in ("none", own.method.replace("_", "-")):
        return _own(own)
    return _named(model, plain, str(name))


def by_size(model: Model, chosen: Chosen, size_bytes: float) -> Chosen:
    """The width between the two that makes files of this size; as chosen where none does.

    A GGUF file, say, has layers of several widths: on average they are as wide as its size says.
    """
    wide, narrow = chosen.formats.default, chosen.least.default
    if not chosen.reason or wide is None or narrow is None:
        return chosen
    most, least = (checkpoint_bytes(model, each) for each in (chosen.formats, chosen.least))
    if not least <= size_bytes <= most or most == least:
        return chosen
    share = (size_bytes - least) / (most - least)
    method = chosen.formats.method
    # Straight between the two, scales included: that of a format alone is not known.
    per_value = [each.bytes_of(1024, 1024) / 1024**2 for each in (narrow, wide)]
    bits = 8 * (per_value[0] + share * (per_value[1] - per_value[0]))
    return _sure(Formats(method, Format(f"{method} by size", bits, scale_bytes=0)))


def _own(own: Formats) -> Chosen:
    if own.default or own.experts or own.rules:
        return Chosen(own, own)
    return _unknown(own.method or "")


def _unknown(name: str) -> Chosen:
    reason = f"the weight format {name!r} is unknown and counted as 16-bit"
    return Chosen(Formats(name), Formats(name, _TWO_BITS), reason)


def _named(model: Model, plain: str, name: str) -> Chosen:
    if plain in _SIXTEEN:
        return _sure(Formats())
    if plain in _UNSURE and not _is_kimi(model, plain):
        wide, narrow, reason = _UNSURE[plain]
        return Chosen(Formats(plain, wide), Formats(plain, narrow), reason)
    return _sure(found) if (found := _by_name(model, plain)) else _unknown(name)


def _by_name(model: Model, plain: str) -> Formats | None:
    """Where checkpoints of that name quantise a part alone, that part."""
    is_partly_fp4 = plain == "fp8" and model.has_fp4_experts
    found = {
        "compressed-tensors": Formats(plain, experts=_KIMI, rules=EXPERTS_ONLY),
        "mxfp4": Formats(plain, experts=MXFP4),
        "fbgemm-fp8": Formats(plain, FP8_ROWS, rules=ATTENTION_LEFT_OUT),
        "fp8": Formats(plain, FP8, experts=FP4 if is_partly_fp4 else None),
    }.get(plain)
    if plain in ("nvfp4", "modelopt-fp4") and is_latent(model):
        return Formats(plain, NVFP4, rules=ATTENTION_LEFT_OUT)
    return found or (Formats(plain, _FORMATS[plain]) if plain in _FORMATS else None)


def _is_kimi(model: Model, plain: str) -> bool:
    """Its compressed tensors are known: experts of 4 bits."""
    return plain == "compressed-tensors" and model.model_type.startswith("kimi")


def _sure(formats: Formats) -> Chosen:
    return Chosen(formats, formats)
