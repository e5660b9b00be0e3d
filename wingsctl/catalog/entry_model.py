"""A catalog entry -> what the model is made of, and the formats of its weights.

An entry holds keys of config.json, or the same facts in the words of earlier versions.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from wingsctl.catalog.model import Architecture, LinearAttention, ModelProfile, SlidingWindow
from wingsctl.models.architecture import Model
from wingsctl.models.formats import Formats
from wingsctl.models.quantization import read_formats
from wingsctl.models.read import read_model

INDEX_HEADS = 64
"""Of DeepSeek V3.2's indexer, whose heads an entry does not state."""


def entry_model(profile: ModelProfile) -> Model:
    """Its facts, layer by layer; raises UnusableConfigError where its `config` cannot be read."""
    if profile.architecture is not None:
        return model_of(profile.architecture)
    return _read(json.dumps(profile.config))


def entry_config(profile: ModelProfile) -> dict[str, Any]:
    """Keys of config.json, as far as sizes follow from them."""
    return config_of(profile.architecture) if profile.architecture else dict(profile.config or {})


@cache
def _read(config: str) -> Model:
    """Once for each entry."""
    return read_model(json.loads(config))


def entry_formats(profile: ModelProfile) -> Formats | None:
    """By its quantization block; None where it has only a name for them."""
    return read_formats(profile.config) if profile.config is not None else None


def model_of(architecture: Architecture) -> Model:
    """The same facts, layer by layer."""
    return read_model(config_of(architecture))


def config_of(architecture: Architecture) -> dict[str, Any]:
    """A config.json with these facts, as far as sizes follow from it."""
    inner = ("moe", "mla", "sliding_window", "linear_attention")
    config = architecture.model_dump(exclude_none=True, exclude=set(inner))
    # An entry without a length knows none, where a file without one has its class's.
    config.setdefault("max_position_embeddings", None)
    config["head_dim"] = architecture.head_dim or (
        architecture.hidden_size // architecture.num_attention_heads
    )
    config |= _experts(architecture) | _latent(architecture) | _rotary(architecture)
    if architecture.sliding_window:
        config |= _windows(architecture.sliding_window, architecture.num_hidden_layers)
    if architecture.linear_attention:
        config |= _linear(architecture.linear_attention, architecture.num_hidden_layers)
    if architecture.num_global_key_value_heads:
        config["attention_k_eq_v"] = True
    return config


def _experts(architecture: Architecture) -> dict[str, Any]:
    moe = architecture.moe
    if moe is None:
        return {}
    facts = moe.model_dump(exclude_none=True)
    facts["num_experts_per_tok"] = facts.pop("top_k")
    return facts | {"enable_moe_block": True}


def _latent(architecture: Architecture) -> dict[str, Any]:
    mla = architecture.mla
    if mla is None:
        return {}
    facts = mla.model_dump(exclude_none=True)
    return facts | ({"index_n_heads": INDEX_HEADS} if mla.index_head_dim else {})


def _rotary(architecture: Architecture) -> dict[str, Any]:
    """Gemma 3: one table of stretched positions, and one of plain ones for sliding layers."""
    table, positions = architecture.rope_cache_positions, architecture.max_position_embeddings
    if not table or not positions:
        return {}
    return {"rope_scaling": {"rope_type": "linear", "factor": table / positions - 1}}


def _windows(sliding: SlidingWindow, layers: int) -> dict[str, Any]:
    is_chunked = sliding.kind == "chunked"
    other = "chunked_attention" if is_chunked else "sliding_attention"
    size = "attention_chunk_size" if is_chunked else "sliding_window"
    return {size: sliding.window, "layer_types": _spread(layers, sliding.full_layers, other)}


def _linear(linear: LinearAttention, layers: int) -> dict[str, Any]:
    kinds = _spread(layers, linear.full_layers, "linear_attention")
    facts = linear.model_dump(exclude={"full_layers", "linear_layers"})
    return {"layer_types": kinds, "attn_output_gate": True, "mamba_ssm_dtype": "float32"} | facts


def _spread(layers: int, full: int, other: str) -> list[str]:
    """Layers that attend to all, spread evenly among the others."""
    return [
        "full_attention" if (index + 1) * full // layers > index * full // layers else other
        for index in range(layers)
    ]
