"""The number formats of a checkpoint's matrices: which matrix has which, and what it takes."""

from __future__ import annotations

import fnmatch
import math
import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Format:
    """Bits of a value, and the scales beside them."""

    name: str
    bits: float
    block: tuple[int, int] | None = None
    """Rows and columns that share a scale, 0 for all of a side; None is one for the matrix."""
    scale_bytes: float = 4
    """Of each block: its scale, and its zero point where it has one."""

    def bytes_of(self, rows: int, columns: int) -> float:
        """Of one matrix; a layer that was left out has one without rows."""
        if not rows * columns:
            return 0
        values = rows * columns * self.bits / 8
        high, wide = self.block or (0, 0)
        blocks = math.ceil(rows / (high or rows)) * math.ceil(columns / (wide or columns))
        return values + blocks * self.scale_bytes


FP8 = Format("fp8", 8)
FP8_ROWS = Format("fp8", 8, (1, 0))
MXFP8 = Format("mxfp8", 8, (1, 32), 1)
NVFP4 = Format("nvfp4", 4, (1, 16), 1)
MXFP4 = Format("mxfp4", 4, (1, 32), 1)
FP4 = Format("fp4", 4, (1, 32), 1)
"""As MXFP4, for kernels that want no padding (DeepSeek V4)."""


@dataclass(frozen=True)
class Rule:
    """A name or pattern of matrices, in some layers or in all, and their format."""

    pattern: str
    layers: frozenset[int] | None
    format: Format | None
    """None leaves them as they are."""


@dataclass(frozen=True)
class Formats:
    """The first rule that names a matrix counts, then the experts' format, then the default."""

    method: str | None = None
    """What the engine calls it; None where nothing is quantised."""
    default: Format | None = None
    experts: Format | None = None
    rules: tuple[Rule, ...] = ()
    cache_bytes: int | None = None
    """Of a value of the KV cache, where the checkpoint says it."""

    def kind_of(self, layer: int) -> tuple[bool, ...]:
        """Which rules are about this layer: the same for layers whose matrices have one format."""
        return tuple(each.layers is None or layer in each.layers for each in self.rules)

    def of_drafts(self, first: int) -> Formats:
        """Those of layers that predict further tokens, from this number on."""
        if any(each.pattern == DRAFTS and each.format is None for each in self.rules):
            return Formats(self.method)
        numbers = frozenset(range(first, first + MOST_DRAFTS))
        rules = (
            replace(each, layers=each.layers | numbers)
            if each.layers and DRAFT_LAYER in each.layers
            else each
            for each in self.rules
        )
        return replace(self, rules=tuple(rules))

    def of(self, layer: int | None, name: str) -> Format | None:
        """That of a matrix (matrices.py has the names); None is the model's own type."""
        if not _is_linear(name):
            return None
        for rule in self.rules:
            if (rule.layers is None or layer in rule.layers) and _is_named(rule.pattern, name):
                return rule.format
        if name in EXPERTS and self.experts:
            return self.experts
        return None if name in LEFT_OUT else self.default


DRAFTS = "mtp"
DRAFT_LAYER, MOST_DRAFTS = -1, 16
EXPERTS = ("mlp.experts", "experts")
LEFT_OUT = {"lm_head", "mlp.gate", "router", "linear_attn.in_proj_a", "linear_attn.in_proj_b"}
"""Matrices that engines keep as they are, unless a file names them."""
ALIASES = {
    "self_attn": ("attn", "attention", "mixer"),
    "linear_attn": ("self_attn", "attn"),
    "mlp": ("feed_forward", "block_sparse_moe", "ffn", "mixer", "moe"),
}
"""Other names that families have for these modules."""


def _is_linear(name: str) -> bool:
    return not name.startswith(("vision.", "embed", "extra")) and "conv1d" not in name


def _is_named(pattern: str, name: str) -> bool:
    """Whether a pattern of a quantization block is about this matrix."""
    names = _names_of(name)
    if pattern.startswith("re:"):
        return any(_matches(pattern.removeprefix("re:"), each) for each in names)
    if "*" in pattern:
        shown = pattern if pattern.startswith("*") else f"layer.{pattern}"
        return any(fnmatch.fnmatchcase(f"layer.{each}", shown) for each in names)
    return any(_is_end(pattern, each) for each in names)


def _matches(expression: str, name: str) -> bool:
    """An expression that cannot be read names nothing."""
    try:
        return re.match(expression, f"model.layers.0.{name}") is not None
    except re.error:
        return False


def _is_end(pattern: str, name: str) -> bool:
    """A module with all that is in it, or the last part of a name."""
    return f"{name}.".startswith(f"{pattern}.") or name.endswith(f".{pattern}")


def _names_of(name: str) -> list[str]:
    """All that families call it."""
    head, _, tail = name.partition(".")
    found = [name, *(f"{other}.{tail}" for other in ALIASES.get(head, ()))]
    if name == "mlp.gate":
        found += ["mlp.router", "feed_forward.router"]
    return found + [each.replace("shared_experts", "shared_expert") for each in found]
