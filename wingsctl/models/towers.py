"""Encoders of images, and the projectors behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wingsctl.models.architecture import Tower
from wingsctl.models.keys import Keys, text_keys

GATED = ("qwen2_5_vl", "mistral3", "gemma4", "muse_glimmer")
UNSPLIT = ("gemma4", "muse_glimmer")
"""vLLM keeps these towers whole on every rank."""
DEFAULTS = {
    "qwen2_vl": {"hidden_size": 1280, "intermediate_size": 5120},
    "qwen2_5_vl": {"hidden_size": 1280, "intermediate_size": 3420},
}
"""What their classes take: qwen2_vl's file gives the width of the language model as hidden_size."""


UNKNOWN = Tower(layers=0, hidden=0, heads=1, width=0)
"""There is one, and the file does not say how large it is."""


def read_towers(config: Mapping[str, Any]) -> tuple[Tower, ...]:
    """The image encoder, where the file describes one."""
    vision, kind = config.get("vision_config"), str(config.get("model_type"))
    if not isinstance(vision, dict):
        return ()
    own = {**vision, **DEFAULTS[kind]} if kind == "qwen2_vl" else vision
    keys = Keys(own, DEFAULTS.get(kind, {}))
    width = keys.number("embed_dim") or keys.number("vt_hidden_size") or keys.number("hidden_size")
    if not width:
        return (UNKNOWN,)
    tower = Tower(
        layers=_first(keys, "depth", "vt_num_hidden_layers", "num_hidden_layers") or 32,
        hidden=width,
        heads=_first(keys, "num_heads", "vt_num_attention_heads", "num_attention_heads") or 16,
        width=_first(keys, "intermediate_size", "vt_intermediate_size") or 4 * width,
        matrices=3 if kind.startswith(GATED) else 2,
        size=keys.number("head_dim"),
        rest=_patches(keys, width),
        projector=_projector(keys, kind, width, text_keys(config).number("hidden_size")),
        is_whole=kind.startswith(UNSPLIT),
    )
    return (tower,)


def _first(keys: Keys, *names: str) -> int:
    return next((found for name in names if (found := keys.number(name))), 0)


def _projector(keys: Keys, kind: str, width: int, hidden: int) -> int:
    """Values between the encoder and the language model."""
    if kind.startswith("gemma"):
        return width * hidden
    if kind == "llava":
        return width * hidden + hidden * hidden
    if kind == "llama4":
        inner, outer = (
            keys.number("projector_input_dim", 4096),
            keys.number("vision_output_dim", 4096),
        )
        return 4 * width * inner + inner * outer + outer * hidden
    merged = width * keys.number("spatial_merge_size", 2) ** 2
    mergers = 1 + len(keys.items("deepstack_visual_indexes"))
    return mergers * (merged * merged + merged * hidden)


def _patches(keys: Keys, width: int) -> int:
    """The embedding of patches, and a table of their positions where there is one."""
    side = keys.get("patch_size")
    patch = side if isinstance(side, int) and 0 < side <= 64 else 14
    values = width * 3 * patch * patch * keys.number("temporal_patch_size", 1)
    rows = keys.number("num_position_embeddings") or 2 * keys.number("position_embedding_size")
    return values + width * (rows or (keys.number("image_size") // patch) ** 2)
