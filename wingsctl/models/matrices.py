"""The matrices of a model, and how ranks divide them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from wingsctl.models.architecture import (
    Attention,
    Compressed,
    DeltaNet,
    Dense,
    Experts,
    Latent,
    Layer,
    Mamba,
    Model,
    Tower,
)

Split = Literal["rows", "columns", "none"]
VOCABULARY_PADDING = 64
"""Both engines pad the vocabulary to a multiple of this before they split it."""


BOTH_ENDS_EVERYWHERE = {
    "chatglm", "gpt_oss", "internlm2", "nemotron_h", "phimoe", "qwen3_moe",
    "qwen3_vl_moe_text", "stablelm",
}  # fmt: skip
"""Families whose class in vLLM makes embedding and head on every pipeline stage."""
EMBEDDING_ON_LAST = ("qwen3_5",)
"""Families whose class makes the embedding on the last stage, too."""


@dataclass(frozen=True)
class Matrix:
    """`count` matrices of rows x columns under one name.

    Ranks divide the rows or the columns, at most `most` times (heads of keys); "none" stays whole.
    """

    name: str
    rows: int
    columns: int
    split: Split = "rows"
    most: int = 1 << 30
    count: int = 1
    value_bytes: int | None = None
    """Bytes of a value that no format changes; None is the model's own."""

    def on_rank(self, tensor: int) -> tuple[int, int]:
        """Rows and columns of one of them on one rank."""
        ranks = min(tensor, self.most)
        if self.split == "rows":
            return math.ceil(self.rows / ranks), self.columns
        if self.split == "columns":
            return self.rows, math.ceil(self.columns / ranks)
        return self.rows, self.columns


def matrices_of(model: Model, layer: Layer) -> list[Matrix]:
    """Those of one layer."""
    found = [*_mixer(model.hidden, layer), *_feed_forward(model.hidden, layer)]
    if layer.whole:
        found.append(Matrix("extra", 1, layer.whole, "none", value_bytes=None))
    if layer.shared:
        found.append(Matrix("extra", layer.shared, 1))
    return found


def _mixer(hidden: int, layer: Layer) -> Iterator[Matrix]:
    mixer = layer.mixer
    match mixer:
        case Attention():
            yield from _attention(hidden, mixer)
        case Latent():
            yield from _latent(hidden, mixer)
        case Compressed():
            yield from _compressed(hidden, mixer)
        case DeltaNet():
            yield from _delta(hidden, mixer)
        case Mamba():
            yield from _mamba(hidden, mixer)


def _attention(hidden: int, it: Attention) -> Iterator[Matrix]:
    yield Matrix("self_attn.q_proj", it.heads * it.size * (2 if it.has_gate else 1), hidden)
    if not it.shares_cache:
        yield Matrix("self_attn.k_proj", it.pairs * it.size, hidden, most=it.pairs)
        yield Matrix("self_attn.v_proj", it.pairs * it.value_size, hidden, most=it.pairs)
    yield Matrix("self_attn.o_proj", hidden, it.heads * it.value_size, "columns")
    if it.index:
        heads, size = it.index
        yield Matrix("self_attn.index_q_proj", heads * size, hidden, "none")
        yield Matrix("self_attn.index_k_proj", size, hidden, "none")


def _latent(hidden: int, it: Latent) -> Iterator[Matrix]:
    wide = it.heads * (it.plain + it.rope)
    if it.query_rank:
        yield Matrix("self_attn.q_a_proj", it.query_rank, hidden, "none")
        yield Matrix("self_attn.q_b_proj", wide, it.query_rank)
    else:
        yield Matrix("self_attn.q_proj", wide, hidden)
    yield Matrix("self_attn.kv_a_proj_with_mqa", it.rank + it.rope, hidden, "none")
    yield Matrix("self_attn.kv_b_proj", it.heads * (it.plain + it.value), it.rank)
    yield Matrix("self_attn.o_proj", hidden, it.heads * it.value, "columns")
    if it.has_gate:
        yield Matrix("self_attn.g_proj", it.heads * it.value, hidden)
    if it.index:
        heads, size = it.index
        yield Matrix("self_attn.indexer.wq_b", heads * size, it.query_rank or hidden, "none")
        yield Matrix("self_attn.indexer.wk", size, hidden, "none")
        yield Matrix("self_attn.indexer.weights_proj", heads, hidden, "none")


def _compressed(hidden: int, it: Compressed) -> Iterator[Matrix]:
    yield Matrix("self_attn.wq_a", it.query_rank, hidden, "none")
    yield Matrix("self_attn.wq_b", it.heads * it.size, it.query_rank)
    yield Matrix("self_attn.wkv", it.size, hidden, "none")
    yield Matrix(
        "self_attn.wo_a", it.output_groups * it.output_rank, it.heads * it.size // it.output_groups
    )
    yield Matrix("self_attn.wo_b", hidden, it.output_groups * it.output_rank, "columns")
    if it.ratio:
        twice = 2 if it.ratio == 4 else 1
        yield Matrix("self_attn.compressor", 2 * twice * it.size, hidden, "none", value_bytes=2)
    if it.index:
        heads, size = it.index
        yield Matrix("self_attn.indexer.wq_b", heads * size, it.query_rank, "none")
        yield Matrix("self_attn.indexer.weights_proj", heads, hidden, "none", value_bytes=2)
        yield Matrix("self_attn.indexer.compressor", 4 * size, hidden, "none", value_bytes=2)


def _delta(hidden: int, it: DeltaNet) -> Iterator[Matrix]:
    keys, values = it.key_heads * it.key_size, it.value_heads * it.value_size
    if it.is_kimi:
        for name in ("q_proj", "k_proj", "v_proj"):
            yield Matrix(f"self_attn.{name}", keys, hidden)
        yield Matrix("self_attn.f_a_proj", it.value_size, hidden, "none")
        yield Matrix("self_attn.f_b_proj", values, it.value_size)
        yield Matrix("self_attn.b_proj", it.value_heads, hidden)
        if it.has_full_gate:
            yield Matrix("self_attn.g_proj", values, hidden)
        else:
            yield Matrix("self_attn.g_a_proj", it.value_size, hidden, "none")
            yield Matrix("self_attn.g_b_proj", values, it.value_size)
        yield Matrix("self_attn.o_proj", hidden, values, "columns")
        return
    yield Matrix("linear_attn.in_proj_qkv", 2 * keys + values, hidden)
    yield Matrix("linear_attn.in_proj_z", values, hidden)
    yield Matrix("linear_attn.in_proj_a", it.value_heads, hidden)
    yield Matrix("linear_attn.in_proj_b", it.value_heads, hidden)
    yield Matrix("linear_attn.out_proj", hidden, values, "columns")
    yield Matrix("linear_attn.conv1d", 2 * keys + values, it.kernel)


def _mamba(hidden: int, it: Mamba) -> Iterator[Matrix]:
    yield Matrix("mixer.in_proj", 2 * it.inner + it.heads, hidden)
    yield Matrix("mixer.in_proj", 2 * it.groups * it.state, hidden, most=it.groups)
    yield Matrix("mixer.out_proj", hidden, it.inner, "columns")
    yield Matrix("mixer.conv1d", it.inner + 2 * it.groups * it.state, it.kernel)


def _feed_forward(hidden: int, layer: Layer) -> Iterator[Matrix]:
    match layer.feed_forward:
        case Dense() as dense:
            yield from _dense(hidden, dense, "mlp")
        case Experts() as experts:
            yield from _experts(hidden, experts)


def _dense(hidden: int, dense: Dense, name: str) -> Iterator[Matrix]:
    if dense.matrices == 3:
        yield Matrix(f"{name}.gate_proj", dense.width, hidden)
    yield Matrix(f"{name}.up_proj", dense.width, hidden)
    yield Matrix(f"{name}.down_proj", hidden, dense.width, "columns")


def _experts(hidden: int, it: Experts) -> Iterator[Matrix]:
    inner, name = it.latent or hidden, "experts" if it.beside else "mlp.experts"
    router = "router" if it.beside else "mlp.gate"
    yield Matrix(router, it.count, hidden, "none", value_bytes=it.router_bytes)
    for _ in range(it.matrices - 1):
        yield Matrix(name, it.width, inner, count=it.count)
    yield Matrix(name, inner, it.width, "columns", count=it.count)
    if it.latent:
        yield Matrix("mlp.fc1_latent_proj", it.latent, hidden, "none")
        yield Matrix("mlp.fc2_latent_proj", hidden, it.latent, "none")
    if it.shared:
        yield from _dense(hidden, it.shared, "mlp.shared_experts")
    if it.beside:
        yield from _dense(hidden, it.beside, "mlp")


def ends_of(
    model: Model, *, first: bool = True, last: bool = True, padding: int = VOCABULARY_PADDING
) -> Iterator[Matrix]:
    """What is not in a layer: the embedding with the first, the head with the last.

    vLLM gives every pipeline stage the image encoders, and both ends to some families.
    """
    rows = math.ceil(model.vocabulary / padding) * padding
    everywhere = model.model_type in BOTH_ENDS_EVERYWHERE
    is_last_too = model.is_tied or model.model_type.startswith(EMBEDDING_ON_LAST)
    if first or everywhere or (last and is_last_too):
        yield Matrix("embed_tokens", rows, model.hidden, "none" if model.encoder else "rows")
    if (last or everywhere) and model.has_head and not model.is_tied:
        yield Matrix("lm_head", rows, model.hidden)
    if model.rows:
        yield Matrix("embed_tokens_per_layer", model.rows, 1)
    if model.whole:
        yield Matrix("extra", 1, model.whole, "none")
    if first:
        for layer in model.encoder:
            yield from matrices_of(model, layer)
    for tower in model.towers:
        yield from _tower(tower)


def _tower(it: Tower) -> Iterator[Matrix]:
    wide = it.heads * (it.size or it.hidden // it.heads)
    rows: Split = "none" if it.is_whole else "rows"
    columns: Split = "none" if it.is_whole else "columns"
    yield Matrix("vision.qkv", 3 * wide, it.hidden, rows, count=it.layers)
    yield Matrix("vision.proj", it.hidden, wide, columns, count=it.layers)
    yield Matrix("vision.up", (it.matrices - 1) * it.width, it.hidden, rows, count=it.layers)
    yield Matrix("vision.down", it.hidden, it.width, columns, count=it.layers)
    yield Matrix("vision.rest", 1, it.rest, "none")
    yield Matrix("vision.projector", it.projector, 1, rows)
