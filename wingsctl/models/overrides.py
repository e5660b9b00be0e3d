"""A config.json as an engine reads it with overrides from its command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wingsctl.models.keys import INNER

_POSITIONS = ("rope_scaling", "rope_parameters")
"""Two names of one block: what is given under one counts instead of the other."""


def with_overrides(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of `overrides` instead of those of the file.

    The language model's own mapping is merged key by key, any other mapping is replaced, as both
    engines do (vllm 0.32.0, config/model.py; sglang 0.5.18, srt/utils/hf_transformers/config.py).
    """
    found = dict(config)
    if any(name in overrides for name in _POSITIONS):
        found = {name: value for name, value in found.items() if name not in _POSITIONS}
    for name, value in overrides.items():
        inner = found.get(name)
        is_nested = name in INNER and isinstance(value, Mapping) and isinstance(inner, Mapping)
        found[name] = with_overrides(inner, value) if is_nested else value  # type: ignore[arg-type]
    return found
