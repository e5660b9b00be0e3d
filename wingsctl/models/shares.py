"""What one rank of a tensor parallel group holds of each matrix, and whether that is possible."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from wingsctl.models.architecture import Attention, Compressed, DeltaNet, Latent, Mamba, Model
from wingsctl.models.formats import EXPERTS, Format, Formats
from wingsctl.models.matrices import Matrix, matrices_of
from wingsctl.models.shape import attention_heads, key_value_heads
from wingsctl.models.weights import distinct_layers

ATTENTION = ("self_attn.", "linear_attn.", "mixer.")
FUSED = {
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "linear_attn.in_proj_qkv",
    "linear_attn.in_proj_z", "mlp.gate_proj", "mlp.up_proj",
    "mlp.shared_experts.gate_proj", "mlp.shared_experts.up_proj",
}  # fmt: skip
"""Outside of latent attention, which keeps its projection of queries by itself."""


@dataclass(frozen=True)
class Ranks:
    """Over how many ranks each part of a model is spread."""

    attention: int
    """Of one copy of the attention."""
    tensor: int
    """Of feed-forward layers."""
    expert: int
    """Of each expert: 1 where a rank holds whole ones."""


@dataclass(frozen=True)
class Share:
    """One side of a matrix that ranks divide."""

    name: str
    width: int
    ranks: int
    format: Format | None
    block: int
    """Values of this side that share a scale."""
    is_fused: bool
    """Rows of a matrix that engines fuse with others."""

    @property
    def is_of_experts(self) -> bool:
        return self.name in EXPERTS

    @property
    def is_of_heads(self) -> bool:
        """Divided by heads, which are counted by themselves."""
        return self.name.startswith(ATTENTION)


@cache
def shares(model: Model, formats: Formats, ranks: Ranks) -> tuple[Share, ...]:
    """Those of all layers that differ, each once."""
    known: dict[Share, None] = {}
    layers = range(len(model.layers))
    for index, _ in distinct_layers(model, formats, layers):
        layer = model.layers[index]
        for matrix in matrices_of(model, layer):
            is_fused = matrix.name in FUSED and not (
                isinstance(layer.mixer, Latent) and matrix.name.startswith(ATTENTION)
            )
            share = _share(matrix, formats.of(index, matrix.name), ranks, is_fused=is_fused)
            if share:
                known[share] = None
    return tuple(known)


def _share(matrix: Matrix, form: Format | None, ranks: Ranks, *, is_fused: bool) -> Share | None:
    """None where every rank holds all of it."""
    count = min(_ranks_of(matrix.name, ranks), matrix.most)
    if matrix.split == "none" or count == 1 or matrix.name == "extra" or "conv1d" in matrix.name:
        return None
    high, across = (form.block if form and form.block else None) or (1, 1)
    is_rows = matrix.split == "rows"
    width, block = (matrix.rows, high) if is_rows else (matrix.columns, across)
    return Share(matrix.name, width, count, form, block or 1, is_fused and is_rows)


def _ranks_of(name: str, ranks: Ranks) -> int:
    if name in EXPERTS:
        return ranks.expert
    return ranks.attention if name.startswith(ATTENTION) else ranks.tensor


def undivided_heads(model: Model, ranks: int) -> list[str]:
    """Heads that cannot be dealt out evenly, in words; heads of keys and values may be repeated."""
    heads = {f"{each} attention heads" for each in attention_heads(model) if each % ranks}
    pairs = {f"{each} KV heads" for each in key_value_heads(model) if each % ranks and ranks % each}
    return [*sorted(heads), *sorted(pairs), *sorted(_undivided_states(model, ranks))]


def _undivided_states(model: Model, ranks: int) -> set[str]:
    """Of linear and compressed attention and of Mamba, whose single group is repeated."""
    found: set[str] = set()
    for mixer in {each.mixer for each in model.layers}:
        if isinstance(mixer, DeltaNet) and mixer.key_heads % ranks:
            found.add(f"{mixer.key_heads} key heads of linear attention")
        if isinstance(mixer, Compressed) and mixer.output_groups % ranks:
            found.add(f"{mixer.output_groups} groups of the attention's output")
        if isinstance(mixer, Mamba) and mixer.groups > 1 and mixer.groups % ranks:
            found.add(f"{mixer.groups} groups of Mamba")
    return found


def undivided_encoders(model: Model, ranks: int) -> list[str]:
    """Heads of encoders of images that cannot be dealt out evenly, in words."""
    heads = {each.heads for each in model.towers if not each.is_whole and each.heads % ranks}
    return [f"{each} heads of the image encoder" for each in sorted(heads)]


def splits_shared_cache(model: Model, stages: list[range]) -> bool:
    """Whether a pipeline stage has layers that read a cache of an earlier stage's."""
    readers = [i for i, each in enumerate(model.layers) if _reads_other(each.mixer)]
    if not readers:
        return False
    owners = {each.mixer.window: i for i, each in enumerate(model.layers[: readers[0]])
              if isinstance(each.mixer, Attention)}  # fmt: skip
    needed = min(owners.values(), default=0)
    return any(needed < stage.start <= readers[-1] for stage in stages)


def _reads_other(mixer: object) -> bool:
    return isinstance(mixer, Attention) and mixer.shares_cache
