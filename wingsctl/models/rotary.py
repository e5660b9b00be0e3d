"""Rotary positions: how far a model reaches, and how large the tables of its positions are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from wingsctl.models.keys import Keys

ALREADY_STRETCHED = {
    "su", "longrope", "llama3", "yarn", "deepseek_yarn", "deepseek_llama_scaling",
}  # fmt: skip
"""Kinds of scaling whose factor is part of max_position_embeddings: vLLM 0.32, config/model.py."""
LOCAL_TABLES = ("gemma3", "gemma4")
"""Families whose sliding layers have a table of their own."""
MOST_FACTOR = 1024
Yarn = Literal["included", "original", "unlessOriginal"]
"""Whether YaRN's factor is part of max_position_embeddings; or multiplies
original_max_position_embeddings; or max_position_embeddings where that key is absent."""


def longest(keys: Keys, kind: str, yarn: Yarn = "included") -> int | None:
    """Tokens of the longest request that engines accept; None where the file does not say."""
    positions = keys.number("max_position_embeddings")
    if kind.startswith("gemma3"):
        return positions or None
    return _by_yarn(keys, positions, yarn) or int(positions * _factor(keys)) or None


def _by_yarn(keys: Keys, positions: int, yarn: Yarn) -> int | None:
    """None where YaRN's factor is not to be multiplied with anything."""
    scaling = _scaling(keys)
    kind, factor = scaling.get("rope_type") or scaling.get("type"), scaling.get("factor")
    original = scaling.get("original_max_position_embeddings")
    if kind != "yarn" or not isinstance(factor, int | float) or not 0 < factor <= MOST_FACTOR:
        return None
    if yarn == "original" and isinstance(original, int) and 0 < original <= 2**30:
        return int(original * factor)
    return int(positions * factor) if yarn == "unlessOriginal" and original is None else None


def table_values(keys: Keys, kind: str) -> int:
    """Values of 16 bits in the tables of positions, which every rank keeps whole."""
    positions = keys.number("max_position_embeddings")
    if keys.get("compress_ratios") is not None:
        return 4 * positions * keys.number("qk_rope_head_dim")  # two tables of 32 bits
    plain = keys.number("head_dim") or keys.number("hidden_size") // keys.number(
        "num_attention_heads", 1
    )
    size = keys.number("qk_rope_head_dim") if keys.number("kv_lora_rank") else plain
    wide = keys.number("global_head_dim") or size
    values = int(positions * _factor(keys) * wide * _part(keys))
    return values + positions * size if kind.startswith(LOCAL_TABLES) else values


def _scaling(keys: Keys) -> Mapping[str, Any]:
    """Of the layers that attend to all, where kinds of layers differ."""
    for name in ("rope_scaling", "rope_parameters"):
        found = keys.get(name)
        if isinstance(found, dict):
            inner = found.get("full_attention")
            return inner if isinstance(inner, dict) else found
    return {}


def _factor(keys: Keys) -> float:
    scaling = _scaling(keys)
    kind = scaling.get("rope_type") or scaling.get("type")
    factor = scaling.get("factor")
    if kind in ALREADY_STRETCHED or not isinstance(factor, int | float):
        return 1
    return factor if 0 < factor <= MOST_FACTOR else 1


def _part(keys: Keys) -> float:
    """The share of a head that is rotated."""
    stated = _scaling(keys).get("partial_rotary_factor", keys.get("partial_rotary_factor", 1))
    return stated if isinstance(stated, int | float) and 0 < stated <= 1 else 1
