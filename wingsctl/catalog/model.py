"""The profile of a model: the architecture facts that the checks need."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wingsctl.catalog.base import Count, Model


class MixtureOfExperts(Model):
    """Expert layers of a mixture-of-experts model."""

    num_experts: Count
    top_k: Count
    moe_intermediate_size: Count
    n_shared_experts: int = 0
    first_k_dense_replace: int = 0
    shared_expert_intermediate_size: int = 0
    interleave_moe_layer_step: int = 1
    dense_intermediate_size: int | None = None
    expert_dtype: Literal["fp4"] | None = None
    """The format of the routed experts, where it is not that of the other layers."""


class LatentAttention(Model):
    """Multi-head latent attention (MLA): the cache is a low-rank projection."""

    kv_lora_rank: Count
    q_lora_rank: int | None = None
    qk_rope_head_dim: Count
    qk_nope_head_dim: Count
    v_head_dim: Count
    index_topk: int | None = None
    index_head_dim: int | None = None


class SlidingWindow(Model):
    """Layers that keep only a window of the past."""

    window: Count
    full_layers: int
    sliding_layers: int
    kind: str = ""


class LinearAttention(Model):
    """Layers with a fixed state instead of a cache that grows."""

    full_layers: Count
    linear_layers: Count
    linear_num_value_heads: Count
    linear_num_key_heads: Count
    linear_key_head_dim: Count
    linear_value_head_dim: Count
    linear_conv_kernel_dim: Count


class VisionTower(Model):
    """The image encoder of a vision model."""

    hidden_size: int | None = None
    num_hidden_layers: int | None = None
    num_attention_heads: int | None = None
    intermediate_size: int | None = None
    patch_size: int | None = None
    image_size: int | None = None
    embed_dim: int | None = None
    depth: int | None = None
    num_heads: int | None = None


class Architecture(Model):
    """Facts of a model's `config.json`, under the same names in camelCase."""

    model_type: str
    num_hidden_layers: Count
    hidden_size: Count
    num_attention_heads: Count
    num_key_value_heads: Count
    vocab_size: Count
    intermediate_size: Count | None = None
    head_dim: Count | None = None
    tie_word_embeddings: bool = False
    max_position_embeddings: Count | None = None
    attention_bias: bool = False
    qk_norm: bool = False
    moe: MixtureOfExperts | None = None
    mla: LatentAttention | None = None
    sliding_window: SlidingWindow | None = None
    linear_attention: LinearAttention | None = None
    vision_config: VisionTower | None = None
    global_head_dim: int | None = None
    num_global_key_value_heads: int | None = None
    rope_cache_positions: int | None = None


class ModelProfile(Model):
    """One model of the catalog.

    `name` is the hub repository id; the file's name is its last part in lower case,
    which is also the short alias. `parameters` counts without draft layers.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")]
    architecture: Architecture
    parameters: int | None = Field(default=None, gt=0)
    quantization: str | None = None
    """The format of the published weights where it is not 16-bit."""
    checkpoint_gib: float | None = Field(default=None, gt=0)
    source: str = ""
    note: str = ""
