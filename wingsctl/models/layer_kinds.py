"""Of which kind each layer is, from the several ways in which files say it."""

from __future__ import annotations

from typing import Literal

from wingsctl.models.keys import Keys

LayerKind = Literal["full", "sliding", "chunked", "linear", "mamba", "feed-forward"]
WINDOWED_THROUGHOUT = {"mistral", "mixtral", "phi3", "phi3_v", "phimoe", "starcoder2"}
"""Families whose sliding_window is that of all layers."""
LETTERS: dict[str, LayerKind] = {"M": "mamba", "*": "full"}
"""Nemotron-H writes one letter a layer; those of the feed-forward layers are E and -."""
CHUNKED_BUT_EACH = 4
"""Llama 4: every fourth layer attends to all."""


def count_layers(keys: Keys) -> int:
    """Of the language model; a list of their types says it, too."""
    return keys.number("num_hidden_layers") or len(keys.items("layers_block_type"))


def layer_kind(keys: Keys, kind: str, index: int) -> LayerKind:
    """The kind of one layer's mixer."""
    letters, types = keys.get("hybrid_override_pattern"), keys.items("layers_block_type")
    if isinstance(letters, str) and letters:
        return LETTERS.get(letters[index : index + 1], "feed-forward")
    if types:
        return _of_block(str(types[index]) if index < len(types) else "")
    named = keys.items("layer_types")
    if index < len(named):
        return _of_word(str(named[index]))
    if linear := keys.inner("linear_attn_config").items("kda_layers"):
        return "linear" if index + 1 in linear else "full"
    if interval := keys.number("full_attention_interval"):
        return "full" if (index + 1) % interval == 0 else "linear"
    return _windowed(keys, kind, index)


def _of_block(name: str) -> LayerKind:
    return "mamba" if name == "mamba" else "full" if "attention" in name else "feed-forward"


def _of_word(name: str) -> LayerKind:
    if "linear" in name:
        return "linear"
    return "sliding" if "sliding" in name else "chunked" if "chunked" in name else "full"


def _windowed(keys: Keys, kind: str, index: int) -> LayerKind:
    """By a pattern, or by the rule of the family."""
    pattern = keys.get("hybrid_layer_pattern") or keys.get("sliding_window_pattern")
    if isinstance(pattern, list):
        return _sliding(pattern[index : index + 1] == [1])
    if isinstance(pattern, str) and pattern:
        return _sliding(pattern[index % len(pattern)] == "L")
    if kind.startswith("llama4") and keys.number("attention_chunk_size"):
        return "full" if (index + 1) % CHUNKED_BUT_EACH == 0 else "chunked"
    if not keys.number("sliding_window"):
        return "full"
    if isinstance(pattern, int) and pattern > 0:
        return _sliding((index + 1) % pattern != 0)
    return _sliding(_by_family(keys, kind, index))


def _by_family(keys: Keys, kind: str, index: int) -> bool:
    """Whether this layer has the window that the file states."""
    if kind == "gemma2":
        return index % 2 == 0
    if keys.flag("use_sliding_window"):
        return index >= keys.number("max_window_layers")
    return kind in WINDOWED_THROUGHOUT


def _sliding(is_sliding: bool) -> LayerKind:
    return "sliding" if is_sliding else "full"
