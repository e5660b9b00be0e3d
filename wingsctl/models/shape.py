"""Sizes of a whole model that checks ask for."""

from __future__ import annotations

from functools import cache

from wingsctl.models.architecture import (
    Attention,
    Compressed,
    DeltaNet,
    Dense,
    Experts,
    Latent,
    Mamba,
    Model,
)


def attention_heads(model: Model) -> set[int]:
    """Numbers of heads that ranks divide, of all layers."""
    found: set[int] = set()
    for layer in model.layers:
        match layer.mixer:
            case Attention(heads=heads) | Latent(heads=heads) | Compressed(heads=heads):
                found.add(heads)
            case DeltaNet(value_heads=heads) | Mamba(heads=heads):
                found.add(heads)
    return found


def key_value_heads(model: Model) -> set[int]:
    """Numbers of heads of keys and values; none for a cache that ranks do not divide."""
    return {each.mixer.pairs for each in model.layers if isinstance(each.mixer, Attention)}


@cache
def routed_experts(model: Model) -> Experts | None:
    """Those of the first layer that has some."""
    found = (each.feed_forward for each in model.layers)
    return next((each for each in found if isinstance(each, Experts)), None)


@cache
def dense_width(model: Model) -> int:
    """Of the widest dense feed-forward layer."""
    found = (each.feed_forward for each in model.layers)
    return max((each.width for each in found if isinstance(each, Dense)), default=0)


def has_states(model: Model) -> bool:
    """Whether some layers keep a state for each request instead of a cache that grows."""
    return any(isinstance(each.mixer, DeltaNet | Mamba) for each in model.layers)


def is_windowed(model: Model) -> bool:
    """Whether some layers look back over a window or a chunk alone."""
    found = (each.mixer for each in model.layers)
    return any(isinstance(each, Attention) and (each.window or each.chunk) for each in found)


def is_compressed(model: Model) -> bool:
    """Whether some layers have DeepSeek V4's attention."""
    is_known = any(isinstance(each.mixer, Compressed) for each in model.layers)
    return is_known or model.model_type.startswith("deepseek_v4")


def is_latent(model: Model) -> bool:
    """Whether some layers have latent attention."""
    return any(isinstance(each.mixer, Latent) for each in model.layers)


def is_sparse(model: Model) -> bool:
    """Whether an indexer chooses the tokens that layers of a latent attention look at."""
    found = (each.mixer for each in model.layers)
    return any(isinstance(each, Compressed | Latent) and each.index is not None for each in found)
