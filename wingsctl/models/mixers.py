"""How a layer mixes tokens: attention of some kind, a linear one, Mamba."""

from __future__ import annotations

from wingsctl.models.architecture import Attention, Compressed, DeltaNet, Latent, Mamba, Mixer
from wingsctl.models.keys import Keys
from wingsctl.models.layer_kinds import LayerKind, layer_kind

EXPANDED = {"minicpm3"}
"""Families whose latent attention vLLM caches as if it were ordinary."""
STATES_OF_32_BITS = {"nemotron_h"}
"""Families whose class keeps Mamba's state in 32 bits where the file says nothing."""
GATED = ("qwen3_next", "qwen3_5")


def read_mixer(keys: Keys, kind: str, index: int) -> Mixer | None:
    """None where the layer has only a feed-forward part."""
    layer = layer_kind(keys, kind, index)
    if layer == "feed-forward":
        return None
    if layer == "mamba":
        return _mamba(keys, kind)
    if keys.get("compress_ratios") is not None:
        return _compressed(keys, index)
    if layer == "linear":
        return _linear(keys)
    if keys.number("kv_lora_rank"):
        return _latent(keys, kind, index)
    return _attention(keys, kind, index, layer)


def _attention(keys: Keys, kind: str, index: int, layer: LayerKind) -> Attention:
    heads, pairs, size, value = _sliding_shape(keys) if layer == "sliding" else _shape(keys, kind)
    shared = keys.number("num_kv_shared_layers")
    window = keys.number("sliding_window") or keys.number("sliding_window_size")
    return Attention(
        heads=heads,
        pairs=pairs,
        size=size,
        value_size=value,
        window=window if layer == "sliding" else None,
        chunk=keys.number("attention_chunk_size") if layer == "chunked" else None,
        has_gate=keys.flag("attn_output_gate", kind.startswith(GATED)),
        shares_cache=bool(shared) and index >= keys.number("num_hidden_layers") - shared,
        index=_block_index(keys, index),
    )


def _shape(keys: Keys, kind: str) -> tuple[int, int, int, int]:
    """Heads, pairs, values of a key and of a value, of a layer that attends to all."""
    heads = keys.number("num_attention_heads")
    pairs = keys.number("num_key_value_heads", heads) or heads
    if keys.flag("multi_query_attention"):
        pairs = keys.number("multi_query_group_num", 1)
    size = keys.number("head_dim") or keys.number("hidden_size") // heads
    wide = keys.number("global_head_dim") if kind.startswith("gemma4") else 0
    if keys.flag("attention_k_eq_v"):
        pairs = keys.number("num_global_key_value_heads") or pairs
    return heads, pairs, wide or size, wide or keys.number("v_head_dim") or size


def _sliding_shape(keys: Keys) -> tuple[int, int, int, int]:
    """The same of a layer with a window, which may have sizes of its own (MiMo V2)."""
    heads = keys.number("swa_num_attention_heads") or keys.number("num_attention_heads")
    pairs = keys.number("swa_num_key_value_heads") or keys.number("num_key_value_heads") or heads
    plain = keys.number("head_dim") or keys.number("hidden_size") // heads
    size = keys.number("swa_head_dim") or plain
    return heads, pairs, size, keys.number("swa_v_head_dim") or keys.number("v_head_dim") or size


def _block_index(keys: Keys, index: int) -> tuple[int, int] | None:
    """MiniMax M3: heads that choose blocks, in the layers that are listed."""
    sparse = keys.inner("sparse_attention_config")
    if sparse.items("sparse_attention_freq")[index : index + 1] != [1]:
        return None
    return sparse.number("sparse_num_index_heads"), sparse.number("sparse_index_dim")


def _latent(keys: Keys, kind: str, index: int) -> Latent:
    types, heads = keys.items("indexer_types"), keys.number("num_attention_heads")
    own = index >= len(types) or types[index] == "full"
    indexer = keys.number("index_n_heads"), keys.number("index_head_dim")
    keys.seen.add("num_key_value_heads")
    return Latent(
        heads=heads,
        rank=keys.number("kv_lora_rank"),
        rope=keys.number("qk_rope_head_dim"),
        plain=keys.number("qk_nope_head_dim"),
        value=keys.number("v_head_dim") or keys.number("hidden_size") // heads,
        query_rank=keys.number("q_lora_rank"),
        has_gate=keys.flag("mla_use_output_gate"),
        index=indexer if own and all(indexer) else None,
        is_expanded=kind in EXPANDED,
    )


def _compressed(keys: Keys, index: int) -> Compressed:
    ratios = keys.items("compress_ratios")
    ratio = ratios[index] if index < len(ratios) and isinstance(ratios[index], int) else 0
    keys.seen.update(("num_key_value_heads", "qk_rope_head_dim"))
    indexer = keys.number("index_n_heads"), keys.number("index_head_dim")
    return Compressed(
        heads=keys.number("num_attention_heads"),
        size=keys.number("head_dim"),
        query_rank=keys.number("q_lora_rank"),
        output_rank=keys.number("o_lora_rank"),
        output_groups=keys.number("o_groups", 1) or 1,
        ratio=ratio,
        window=keys.number("sliding_window"),
        index=indexer if ratio == INDEXED_RATIO else None,
    )


INDEXED_RATIO = 4
"""DeepSeek V4 chooses tokens by an indexer where it compresses four to one."""


def _linear(keys: Keys) -> DeltaNet:
    kimi = keys.inner("linear_attn_config")
    if kimi.data:
        heads, size = kimi.number("num_heads"), kimi.number("head_dim")
        return DeltaNet(
            heads, heads, size, size, kimi.number("short_conv_kernel_size"), state_bytes=4,
            is_kimi=True, has_full_gate=kimi.flag("use_full_rank_gate"),
        )  # fmt: skip
    return DeltaNet(
        key_heads=keys.number("linear_num_key_heads", 16),
        value_heads=keys.number("linear_num_value_heads", 32),
        key_size=keys.number("linear_key_head_dim", 128),
        value_size=keys.number("linear_value_head_dim", 128),
        kernel=keys.number("linear_conv_kernel_dim", 4),
        state_bytes=_state_bytes(keys, ""),
    )


def _mamba(keys: Keys, kind: str) -> Mamba:
    return Mamba(
        heads=keys.number("mamba_num_heads"),
        size=keys.number("mamba_head_dim"),
        groups=keys.number("n_groups", 1) or 1,
        state=keys.number("ssm_state_size"),
        kernel=keys.number("conv_kernel", 4),
        state_bytes=_state_bytes(keys, kind),
    )


def _state_bytes(keys: Keys, kind: str) -> int | None:
    stated = keys.get("mamba_ssm_dtype") or keys.get("mamba_ssm_cache_dtype")
    if stated is None:
        return 4 if kind in STATES_OF_32_BITS else None
    return 4 if stated == "float32" else 2
