"""The profile of a model: the architecture facts that the checks need."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from wingsctl.catalog.base import Model
from wingsctl.catalog.model_facts import (
    ChatTemplate,
    Gate,
    HubId,
    Licence,
    Modality,
    ParserRow,
    RequiredArgs,
)
from wingsctl.models.tensors import TensorClass

MAX_LAYERS = 1024
"""Each layer is counted by itself; the deepest published model has 126."""
MAX_PARTS = 2**14
"""Of heads and experts, whose divisors are tried; the largest published numbers are 128 and 512."""
MAX_SIZE = 2**24
"""Of every width and vocabulary; the largest published is a vocabulary of 262,208."""
MAX_POSITIONS = 2**30
"""Of every length in tokens; the longest published is 10,485,760."""
MAX_PARAMETERS = 10**15
"""A thousand times the largest published model."""
Layers = Annotated[int, Field(ge=1, le=MAX_LAYERS)]
SomeLayers = Annotated[int, Field(ge=0, le=MAX_LAYERS)]
Parts = Annotated[int, Field(ge=1, le=MAX_PARTS)]
PartsOrNone = Annotated[int, Field(ge=0, le=MAX_PARTS)]
Size = Annotated[int, Field(ge=1, le=MAX_SIZE)]
SizeOrNone = Annotated[int, Field(ge=0, le=MAX_SIZE)]
"""A width that 0 leaves out."""
Positions = Annotated[int, Field(ge=1, le=MAX_POSITIONS)]
NumberType = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,15}$")]
"""As safetensors calls it, such as BF16."""
TensorBytes = Annotated[int, Field(ge=0, le=8 * MAX_PARAMETERS)]


class MixtureOfExperts(Model):
    """Expert layers of a mixture-of-experts model."""

    num_experts: Parts
    top_k: Parts
    moe_intermediate_size: Size
    n_shared_experts: PartsOrNone = 0
    first_k_dense_replace: SomeLayers = 0
    shared_expert_intermediate_size: SizeOrNone = 0
    interleave_moe_layer_step: Layers = 1
    dense_intermediate_size: SizeOrNone | None = None
    expert_dtype: Literal["fp4"] | None = None
    """The format of the routed experts, where it is not that of the other layers."""


class LatentAttention(Model):
    """Multi-head latent attention (MLA): the cache is a low-rank projection."""

    kv_lora_rank: Size
    q_lora_rank: SizeOrNone | None = None
    qk_rope_head_dim: Size
    qk_nope_head_dim: Size
    v_head_dim: Size
    index_topk: SizeOrNone | None = None
    index_head_dim: SizeOrNone | None = None


class SlidingWindow(Model):
    """Layers that keep only a window of the past."""

    window: Positions
    full_layers: SomeLayers
    sliding_layers: SomeLayers
    kind: str = ""


class LinearAttention(Model):
    """Layers with a fixed state instead of a cache that grows."""

    full_layers: Layers
    linear_layers: Layers
    linear_num_value_heads: Parts
    linear_num_key_heads: Parts
    linear_key_head_dim: Size
    linear_value_head_dim: Size
    linear_conv_kernel_dim: Size


class VisionTower(Model):
    """The image encoder of a vision model."""

    hidden_size: SizeOrNone | None = None
    num_hidden_layers: SomeLayers | None = None
    num_attention_heads: PartsOrNone | None = None
    intermediate_size: SizeOrNone | None = None
    patch_size: SizeOrNone | None = None
    image_size: SizeOrNone | None = None
    embed_dim: SizeOrNone | None = None
    depth: SomeLayers | None = None
    num_heads: PartsOrNone | None = None


class Architecture(Model):
    """Facts of a model's `config.json`, under the same names in camelCase."""

    model_type: str
    num_hidden_layers: Layers
    hidden_size: Size
    num_attention_heads: Parts
    num_key_value_heads: Parts
    vocab_size: Size
    intermediate_size: Size | None = None
    head_dim: Size | None = None
    tie_word_embeddings: bool = False
    max_position_embeddings: Positions | None = None
    attention_bias: bool = False
    qk_norm: bool = False
    moe: MixtureOfExperts | None = None
    mla: LatentAttention | None = None
    sliding_window: SlidingWindow | None = None
    linear_attention: LinearAttention | None = None
    vision_config: VisionTower | None = None
    global_head_dim: SizeOrNone | None = None
    num_global_key_value_heads: PartsOrNone | None = None
    rope_cache_positions: Positions | None = None

    @model_validator(mode="after")
    def _has_heads_of_some_size(self) -> Self:
        if self.head_dim is None and self.hidden_size < self.num_attention_heads:
            raise ValueError(
                f"{self.num_attention_heads} attention heads cannot share a hidden size of "
                f"{self.hidden_size}: correct one of the two, or give the size of a head"
            )
        return self


class ModelProfile(Model):
    """One model of the catalog.

    `name` is the hub repository id; the file's name is its last part in lower case,
    which is also the short alias. `parameters` counts without draft layers. What follows `note`
    is looked up: None or empty means that no source states it.
    """

    name: HubId
    aliases: list[HubId] = []
    """Other repositories with the same files, or earlier names of this one."""
    config: dict[str, Any] | None = None
    """Keys of the model's own config.json, as far as sizes follow from them."""
    architecture: Architecture | None = None
    """The same in the words of earlier versions; one of the two is needed."""
    parameters: int | None = Field(default=None, gt=0, le=MAX_PARAMETERS)
    quantization: str | None = None
    """The format of the published weights where it is not 16-bit."""
    checkpoint_gib: float | None = Field(default=None, gt=0, le=MAX_PARAMETERS / 2**30)
    tensor_bytes: dict[TensorClass, dict[NumberType, TensorBytes]] | None = None
    """Bytes of the weight files by class of tensor and type of number, from their headers."""
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,64}$")] | None = None
    """The commit of the repository that these facts are from."""
    same_sizes_as: HubId | None = None
    """The model whose own file the sizes are from, where this one's was not at hand."""
    source: str = ""
    note: str = ""
    modality: Modality | None = None
    licence: Licence | None = None
    gate: Gate | None = None
    tool_call_parser: list[ParserRow] = []
    reasoning_parser: list[ParserRow] = []
    chat_template: ChatTemplate | None = None
    required_args: list[RequiredArgs] = []

    @model_validator(mode="after")
    def _has_facts(self) -> Self:
        if (self.config is None) == (self.architecture is None):
            raise ValueError("needs either config or architecture")
        return self


LOOKED_UP = tuple(ModelProfile.model_fields)[list(ModelProfile.model_fields).index("modality") :]
"""Names of the fields that are looked up."""
