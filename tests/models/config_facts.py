"""The catalog's facts as a config.json states them, each under its key in the catalog."""

from __future__ import annotations

from collections import Counter
from typing import Any

_NESTED = ("text_config", "llm_config")
_KEYS: dict[str, tuple[str, ...]] = {
    "modelType": ("model_type",),
    "numHiddenLayers": ("num_hidden_layers", "num_layers"),
    "hiddenSize": ("hidden_size",),
    "numAttentionHeads": ("num_attention_heads",),
    "numKeyValueHeads": ("num_key_value_heads", "multi_query_group_num"),
    "vocabSize": ("vocab_size", "padded_vocab_size"),
    "intermediateSize": ("intermediate_size", "ffn_hidden_size"),
    "headDim": ("head_dim", "kv_channels"),
    "tieWordEmbeddings": ("tie_word_embeddings",),
    "maxPositionEmbeddings": ("max_position_embeddings", "seq_length"),
    "attentionBias": ("attention_bias",),
    "globalHeadDim": ("global_head_dim",),
    "numGlobalKeyValueHeads": ("num_global_key_value_heads",),
    "moe.numExperts": ("num_experts", "n_routed_experts", "num_local_experts"),
    "moe.topK": ("num_experts_per_tok", "top_k_experts"),
    "moe.moeIntermediateSize": ("moe_intermediate_size",),
    "moe.nSharedExperts": ("n_shared_experts",),
    "moe.firstKDenseReplace": ("first_k_dense_replace",),
    "moe.sharedExpertIntermediateSize": ("shared_expert_intermediate_size",),
    "moe.interleaveMoeLayerStep": ("interleave_moe_layer_step",),
    "moe.expertDtype": ("expert_dtype",),
    "mla.kvLoraRank": ("kv_lora_rank",),
    "linearAttention.linearNumValueHeads": ("linear_num_value_heads",),
    "linearAttention.linearNumKeyHeads": ("linear_num_key_heads",),
    "linearAttention.linearKeyHeadDim": ("linear_key_head_dim",),
    "linearAttention.linearValueHeadDim": ("linear_value_head_dim",),
    "linearAttention.linearConvKernelDim": ("linear_conv_kernel_dim",),
}
_WITH_MLA = {
    "mla.qkRopeHeadDim": ("qk_rope_head_dim",),
    "mla.qkNopeHeadDim": ("qk_nope_head_dim",),
    "mla.vHeadDim": ("v_head_dim",),
    "mla.qLoraRank": ("q_lora_rank",),
    "mla.indexTopk": ("index_topk",),
    "mla.indexHeadDim": ("index_head_dim",),
}
_KINDS = {
    "full_attention": "fullLayers",
    "sliding_attention": "slidingLayers",
    "linear_attention": "linearLayers",
}


def stated_facts(config: dict[str, Any]) -> dict[str, Any]:
    """What the file states; a fact that it leaves to a class is absent."""
    text = dict(config)
    for key in _NESTED:
        text |= config.get(key) or {}
    text["model_type"] = config.get("model_type")
    keys = _KEYS | (_WITH_MLA if "kv_lora_rank" in text else {})
    facts = {
        fact: next((text[name] for name in names if text.get(name) is not None), None)
        for fact, names in keys.items()
    }
    facts |= _window(text) | _layers(text)
    method = text.get("quantization_config") or config.get("quantization_config") or {}
    facts["quantization"] = method.get("quant_method")
    return {fact: value for fact, value in facts.items() if value is not None}


def _window(text: dict[str, Any]) -> dict[str, Any]:
    """A window that is in use, and shorter than the model's length."""
    window, length = text.get("sliding_window"), text.get("max_position_embeddings") or 1 << 40
    is_used = window and window < length and text.get("use_sliding_window") is not False
    return {"slidingWindow.window": window} if is_used else {}


def _layers(text: dict[str, Any]) -> dict[str, Any]:
    """How many layers there are of each kind, where the file lists them."""
    counts = Counter(text.get("layer_types") or [])
    part = "linearAttention" if "linear_attention" in counts else "slidingWindow"
    if len(counts) < 2:
        return {}
    return {f"{part}.{_KINDS[kind]}": count for kind, count in counts.items()}
