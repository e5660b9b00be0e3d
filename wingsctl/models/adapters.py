"""The buffers that hold LoRA adapters beside a model's matrices, on one rank.

For each matrix a slot has A (rank x columns) and B (rows x rank). Ranks divide B of a matrix whose
rows they share, and A of one whose columns they share; fully sharded, they divide the other, too.
Embedding and head keep all of both. Source: vllm 0.32.0, lora/layers/base_linear.py,
column_parallel_linear.py, fused_moe.py, vocab_parallel_embedding.py and logits_processor.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from wingsctl.models.architecture import Model
from wingsctl.models.formats import EXPERTS
from wingsctl.models.matrices import Matrix, matrices_of
from wingsctl.models.weights import Division

WITH_ENDS = {
    "cohere", "exaone", "exaone4", "granite", "llama", "minicpm", "mixtral", "nemotron-nas",
    "nemotron_h", "phimoe", "qwen3", "qwen3_5_moe_text", "qwen3_5_text", "qwen3_moe", "solar",
}  # fmt: skip
"""Families whose classes in vLLM 0.32.0 name embedding and head (embedding_modules)."""

WITH_HEAD = {"seed_oss"}
"""Families of which vLLM wraps the head alone, as measured."""


@dataclass(frozen=True)
class Adapters:
    """Slots for adapters of a rank, and bytes of a value."""

    slots: int
    rank: int
    value_bytes: int = 2
    is_sharded: bool = False


def adapter_bytes(
    model: Model, adapters: Adapters, division: Division, layers: range, *, has_ends: bool = True
) -> float:
    """Of the layers of one pipeline stage, and of embedding and head."""
    values = sum(
        _values(each, adapters, division)
        for index in layers
        for each in matrices_of(model, model.layers[index])
        if _is_wrapped(each.name)
    )
    ends = (layers.start == 0) + (layers.stop == len(model.layers)) * model.has_head
    if has_ends and model.model_type in WITH_HEAD:
        ends = int(layers.stop == len(model.layers))
    if has_ends and model.model_type in WITH_ENDS | WITH_HEAD:
        values += ends * adapters.rank * (model.vocabulary + model.hidden)
    return adapters.slots * values * adapters.value_bytes


def _is_wrapped(name: str) -> bool:
    return not name.startswith(("vision.", "extra")) and "conv1d" not in name


def _values(matrix: Matrix, adapters: Adapters, division: Division) -> float:
    """Of A and B of one slot."""
    ranks = division.ranks_for(matrix.name)
    rows, columns = matrix.on_rank(ranks)
    first = second = adapters.rank
    if adapters.is_sharded and matrix.split == "rows":
        first = math.ceil(first / ranks)
    if adapters.is_sharded and matrix.split == "columns":
        rows = math.ceil(rows / ranks)
    count = matrix.count
    if matrix.name in EXPERTS:
        count = math.ceil((count + division.redundant) / division.expert)
    return count * (first * columns + second * rows)
