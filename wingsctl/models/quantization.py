"""The quantization block of a checkpoint -> the formats of its matrices.

`quantization_config` of config.json, or NVIDIA's hf_quant_config.json beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wingsctl.models.formats import (
    DRAFT_LAYER,
    DRAFTS,
    FP4,
    FP8,
    FP8_ROWS,
    MXFP4,
    MXFP8,
    NVFP4,
    Format,
    Formats,
    Rule,
)  # fmt: skip
from wingsctl.models.keys import INNER

Block = Mapping[str, Any]
ALGORITHMS = {
    "FP8": FP8, "FP8_PER_CHANNEL_PER_TOKEN": FP8_ROWS, "FP8_PB_WO": Format("fp8", 8, (128, 128)),
    "NVFP4": NVFP4, "W4A16_NVFP4": NVFP4, "MXFP8": MXFP8,
    "W4A16_AWQ": Format("int4", 4, (1, 128), 2),
}  # fmt: skip
"""What NVIDIA's files call them."""
_EXPERT = re.compile(r"experts\.\d+(\.\w+)?")
_LAYER = re.compile(r"layers\.(\d+)(?:\.(.+)|\*)?$")


def read_formats(config: Block, quant_file: Block | None = None) -> Formats:
    """All 16-bit where no block is given; a method that is not known has no default.

    `method` names it all the same, so that a caller can say what it does not know.
    """
    inner: Block = next((config[each] for each in INNER if isinstance(config.get(each), dict)), {})
    block = _mapping(config.get("quantization_config")) or _mapping(
        inner.get("quantization_config")
    )
    if not block and quant_file:
        block = _mapping(quant_file.get("quantization")) or quant_file
        block = {**block, "quant_method": "modelopt"}
    if not block:
        return Formats()
    method = str(block.get("quant_method") or "")
    if not method and block.get("config_groups"):
        return Formats()  # an export of a tool, which engines load as it is: in 16 bits
    reader = READERS.get(method)
    return reader(block, _experts(config, inner, block)) if reader else Formats(method)


def _experts(config: Block, inner: Block, block: Block) -> Format | None:
    """That of the experts, where it is stated apart from the rest."""
    if block.get("moe_quant_algo") == "NVFP4":
        return NVFP4
    stated = [each.get("expert_dtype") for each in (config, inner, block)]
    return FP4 if "fp4" in stated else None


def _fp8(block: Block, experts: Format | None) -> Formats:
    size = block.get("weight_block_size")
    square = isinstance(size, list) and len(size) == 2 and all(isinstance(n, int) for n in size)
    form = Format("fp8", 8, (size[0], size[1])) if square and size else FP8
    skipped = block.get("modules_to_not_convert") or block.get("ignored_layers")
    return Formats("fp8", form, experts, tuple(_rules(skipped, None)))


def _rows_of_fp8(block: Block, _: Format | None) -> Formats:
    skipped = tuple(_rules(block.get("modules_to_not_convert"), None))
    return Formats("fbgemm_fp8", FP8_ROWS, rules=skipped)


def _mxfp4(_: Block, __: Format | None) -> Formats:
    return Formats("mxfp4", experts=MXFP4)


def _integers(block: Block, _: Format | None) -> Formats:
    """AWQ and GPTQ: a 16-bit scale and a zero point for each group of columns."""
    bits, group = _whole(block.get("bits"), 4), _whole(block.get("group_size"), 128)
    form = Format(f"int{bits}", bits, (1, group), 2 + bits / 8)
    skipped = _rules(block.get("modules_to_not_convert"), None)
    return Formats(str(block["quant_method"]), form, rules=tuple(skipped))


def _compressed_tensors(block: Block, _: Format | None) -> Formats:
    rules, default = _rules(block.get("ignore"), None), None
    for group in _mapping(block.get("config_groups")).values():
        form = _group_format(_mapping(group), str(block.get("format")))
        targets = _mapping(group).get("targets") or ["Linear"]
        if "Linear" in targets:
            default = form
        else:
            rules += _rules(targets, form)
    return Formats("compressed-tensors", default, rules=tuple(rules))


def _group_format(group: Block, common: str) -> Format | None:
    weights = _mapping(group.get("weights"))
    bits, kind = weights.get("num_bits"), weights.get("type")
    size = _whole(weights.get("group_size"), 0)
    if kind == "float" and bits == 4:
        return MXFP4 if "mxfp4" in str(group.get("format") or common) or size == 32 else NVFP4
    if bits == 8:
        return Format(
            "fp8" if kind == "float" else "int8",
            8,
            (1, size) if size or weights.get("strategy") == "channel" else None,
        )
    return Format(f"int{bits}", bits, (1, size), 2) if isinstance(bits, int) else None


def _modelopt(block: Block, _: Format | None) -> Formats:
    rules = _rules(block.get("ignore") or block.get("exclude_modules"), None)
    by_algorithm: dict[str, list[str]] = {}
    for name, stated in _mapping(block.get("quantized_layers")).items():
        by_algorithm.setdefault(str(_mapping(stated).get("quant_algo")), []).append(name)
    for algorithm, names in by_algorithm.items():
        rules += _rules(names, ALGORITHMS.get(algorithm))
    if by_algorithm and not any(each.pattern == DRAFTS for each in rules):
        rules.append(Rule(DRAFTS, None, None))  # what is not listed stays as it is
    default = None if by_algorithm else ALGORITHMS.get(str(block.get("quant_algo")))
    scheme = _mapping(block.get("kv_cache_scheme"))
    is_fp8 = block.get("kv_cache_quant_algo") == "FP8" or scheme.get("num_bits") == 8
    return Formats("modelopt", default, rules=tuple(rules), cache_bytes=1 if is_fp8 else None)


READERS: dict[str, Callable[[Block, Format | None], Formats]] = {
    "fp8": _fp8,
    "fbgemm_fp8": _rows_of_fp8,
    "mxfp4": _mxfp4,
    "awq": _integers,
    "gptq": _integers,
    "compressed-tensors": _compressed_tensors,
    "modelopt": _modelopt,
}


_DRAFT = re.compile(r"(^|[.*])mtp(?:\.layers\.\d+)?\*?(\..*)?$")
"""Names of layers that predict further tokens, in a module of their own, or of a part of them."""


def _rules(patterns: Any, form: Format | None) -> list[Rule]:
    """One rule for each name without its layer, so that a list of thousands becomes a few."""
    layers: dict[str, set[int]] = {}
    found: dict[str, Rule] = {}
    for pattern in patterns if isinstance(patterns, Iterable) else ():
        text = _EXPERT.sub("experts", str(pattern))
        if drafted := _DRAFT.search(text):
            if drafted[2]:
                layers.setdefault(drafted[2].removeprefix("."), set()).add(DRAFT_LAYER)
            else:
                found[DRAFTS] = Rule(DRAFTS, None, form)
            continue
        matched = None if text.startswith("re:") else _LAYER.search(text)
        if matched:
            layers.setdefault(matched[2] or "*", set()).add(int(matched[1]))
        else:
            short = text if text.startswith("re:") else text.rpartition("model.")[2]
            found[short] = Rule(short, None, form)
    named = (Rule(name, frozenset(numbers), form) for name, numbers in layers.items())
    return [*found.values(), *named]


def _mapping(value: Any) -> Block:
    return value if isinstance(value, dict) else {}


def _whole(value: Any, default: int) -> int:
    is_whole = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**16
    return value if is_whole else default
