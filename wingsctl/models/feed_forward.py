"""The feed-forward part of a layer: dense, or experts."""

from __future__ import annotations

from wingsctl.models.architecture import Dense, Experts, FeedForward
from wingsctl.models.keys import Keys

TWO_MATRICES = {
    "opt", "phi", "starcoder2", "gpt_neox", "bert", "roberta", "xlm-roberta", "whisper", "falcon",
    "gpt2", "bloom",
}  # fmt: skip
"""Families without a gate."""
WIDE_ROUTERS = ("minimax_m", "nemotron_h", "mimo_v2")
"""Families whose router has values of 32 bits, whatever their file says."""
DOUBLED = {"qwen"}
"""Families whose intermediate_size counts both matrices of the gate."""


def read_feed_forward(keys: Keys, kind: str, index: int) -> FeedForward | None:
    """None where the layer has only a mixer."""
    letters, types = keys.get("hybrid_override_pattern"), keys.items("layers_block_type")
    if isinstance(letters, str) or types:
        letter = letters[index : index + 1] if isinstance(letters, str) else str(types[index])
        if letter in ("-", "mlp"):
            return Dense(_width_at(keys, index), 2)
        return _experts(keys, kind) if letter in ("E", "moe") else None
    if keys.number("num_experts") and _is_sparse(keys, kind, index):
        return _experts(keys, kind)
    return _dense(keys, kind, index)


def _is_sparse(keys: Keys, kind: str, index: int) -> bool:
    """Whether this layer has experts."""
    types, frequency = keys.items("mlp_layer_types"), keys.get("moe_layer_freq", 1)
    if index < len(types):
        return str(types[index]) == "sparse"
    if isinstance(frequency, list):
        return frequency[index : index + 1] == [1]
    if kind.startswith("gemma4"):
        return keys.flag("enable_moe_block")
    if index in keys.items("mlp_only_layers") or index < keys.number("first_k_dense_replace"):
        return False
    step = keys.number("decoder_sparse_step") or keys.number("interleave_moe_layer_step") or 1
    return (index + 1) % step == 0


def _dense(keys: Keys, kind: str, index: int) -> Dense:
    width = _width_at(keys, index)
    width = keys.number("dense_intermediate_size") or keys.number("intermediate_size_mlp") or width
    if kind in DOUBLED:
        width //= 2
    shared = keys.number("num_kv_shared_layers")
    if keys.flag("use_double_wide_mlp") and index >= keys.number("num_hidden_layers") - shared:
        width *= 2
    return Dense(width, 2 if kind in TWO_MATRICES else 3)


def _width_at(keys: Keys, index: int) -> int:
    """One width for all layers, or a list."""
    widths = keys.items("intermediate_size")
    if not widths:
        return keys.number("intermediate_size")
    width = widths[index] if index < len(widths) else 0
    return width if isinstance(width, int) else 0


def _experts(keys: Keys, kind: str) -> Experts:
    plain = keys.number("intermediate_size")
    width = keys.number("moe_intermediate_size") or plain
    matrices = 2 if kind == "nemotron_h" else 3
    shared = keys.number("shared_expert_intermediate_size")
    shared = shared or keys.number("n_shared_experts") * width
    if kind.startswith("llama4"):
        shared = width = plain
    return Experts(
        count=keys.number("num_experts"),
        chosen=keys.number("num_experts_per_tok", 1),
        width=width,
        matrices=matrices,
        shared=Dense(shared, matrices) if shared else None,
        latent=keys.number("moe_latent_size") or keys.number("routed_expert_hidden_size"),
        beside=Dense(plain) if kind.startswith("gemma4") else None,
        router_bytes=4 if _is_wide_router(keys, kind) else None,
    )


def _is_wide_router(keys: Keys, kind: str) -> bool:
    return kind.startswith(WIDE_ROUTERS) or keys.get("moe_router_dtype") == "float32"
