"""The fewest keys of a config.json from which the same model is read.

One is left out where what is read of the file stays the same without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wingsctl.models.architecture import Model
from wingsctl.models.keys import INNER
from wingsctl.models.read import keys_read, read_model

SHOWN = {
    "model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size", "tie_word_embeddings",
    "max_position_embeddings", "rope_type", "type",
}  # fmt: skip
"""Kept in any case: what people look up."""
MAPPINGS = (*INNER, "vision_config", "rope_scaling", "rope_parameters", "linear_attn_config")


def minimal(config: Mapping[str, Any]) -> dict[str, Any]:
    """The fewest keys from which the same model is read, without the quantization block.

    Raises UnusableConfigError where the file cannot be read.
    """
    kept = {key: value for key, value in config.items() if key != "quantization_config"}
    wanted, asked = read_model(kept), keys_read(kept) | set(wanted_mappings(kept)) | SHOWN
    asked |= set(wanted.doubts)
    kept = {key: _asked(key, value, asked) for key, value in kept.items() if key in asked}
    if not is_read_as(kept, wanted):
        raise ValueError("the keys that are asked for do not read as the same model")
    for path in list(paths_of(kept)):
        without = dropped(kept, path)
        if path[-1] not in SHOWN and is_read_as(without, wanted):
            kept = without
    return pruned(kept)


def wanted_mappings(config: Mapping[str, Any]) -> Iterator[str]:
    return (key for key in MAPPINGS if key in config)


def _asked(key: str, value: Any, asked: set[str] | frozenset[str]) -> Any:
    """Of the language model's own mapping, what reading asks for."""
    if key not in INNER or not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if name in asked}


def paths_of(config: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Keys, those of nested mappings before their own."""
    for key, value in config.items():
        if key in MAPPINGS and isinstance(value, dict):
            yield from ((key, *rest) for rest in paths_of(value))
        yield (key,)


def dropped(config: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """A copy without one key."""
    copy = dict(config)
    if len(path) == 1:
        copy.pop(path[0], None)
    elif isinstance(copy.get(path[0]), dict):
        copy[path[0]] = dropped(copy[path[0]], path[1:])
    return copy


def is_read_as(config: Mapping[str, Any], wanted: Model) -> bool:
    """Also false where it is not read at all."""
    try:
        return read_model(config) == wanted
    except Exception:
        return False


def pruned(config: Mapping[str, Any]) -> dict[str, Any]:
    """Without nulls that a class would fill in the same way, and without empty mappings."""
    return {
        key: pruned(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if value != {}
    }
