"""Reads a config whose class is code of the model's repository: the entries of the file alone.

What the class would add, its defaults, is absent then, so that the engine may ask for an attribute
in vain. Entries that it would rewrite are taken as they stand; so the longest request that the
engine derives is not to be trusted.
"""

from __future__ import annotations

import json
from typing import Any

from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig
from vllm.transformers_utils.config import _CONFIG_REGISTRY

BARE_TYPES: set[str] = set()
"""Model types that got a class here."""


def read_as_it_stands(config: dict[str, Any]) -> bool:
    """Whether no class here knows the model type; one without defaults is registered then."""
    kind = config.get("model_type")
    if kind and kind not in CONFIG_MAPPING and kind not in _CONFIG_REGISTRY:
        body = {"model_type": kind, "__init__": _take_entries}
        AutoConfig.register(kind, type("BareConfig", (PreTrainedConfig,), body))
        BARE_TYPES.add(kind)
    return kind in BARE_TYPES


def _take_entries(self: PreTrainedConfig, **entries: Any) -> None:
    self.max_position_embeddings = entries.get("max_position_embeddings")
    if "num_layers" in entries:
        entries.setdefault("num_hidden_layers", entries["num_layers"])
    if entries.get("use_sliding_window") is False:
        entries["sliding_window"] = None
    PreTrainedConfig.__init__(self, **{key: _objects(value) for key, value in entries.items()})


def _objects(value: Any) -> Any:
    """The entries of a list, which a class of the repository would make objects."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return json.loads(json.dumps(value), object_hook=_Entry)
    return value


class _Entry(dict[str, Any]):
    """Can be written as JSON, and read as an object."""

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        raise AttributeError(name)
