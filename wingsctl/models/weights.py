"""How many bytes a model's weights take: on one rank, and in its files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from wingsctl.models.architecture import Model
from wingsctl.models.formats import EXPERTS, Formats
from wingsctl.models.matrices import Matrix, ends_of, matrices_of


@dataclass(frozen=True)
class Division:
    """How ranks divide a model.

    `padding`, `hidden_padding`: columns of an expert's width and of its input that MXFP4 kernels
    want at once, to which a rank's share is rounded up. vLLM allocates 64 and 1, and its kernels
    repack that.
    """

    tensor: int = 1
    """Ranks that share what no other size is for."""
    expert: int = 1
    """Ranks over which whole experts are spread."""
    value_bytes: int = 2
    """Of a value without a format: the model's own type, or the one that the engine is given."""
    padding: int = 1
    hidden_padding: int = 1
    expert_tensor: int | None = None
    """Ranks that share the width of each expert; None is `tensor`, or 1 where they are spread."""
    dense: int | None = None
    """Ranks that share a dense feed-forward layer; None is `tensor`."""
    shared: int | None = None
    """Ranks that share the experts of all tokens; None is `tensor`."""
    head: int | None = None
    """Ranks that share the head; None is `tensor`."""
    redundant: int = 0
    """Copies of routed experts, spread as they are."""

    def ranks_for(self, name: str) -> int:
        """Ranks that share each matrix of this name."""
        if name in EXPERTS:
            apart = 1 if self.expert > 1 else self.tensor
            return apart if self.expert_tensor is None else self.expert_tensor
        sizes = {"mlp.shared_experts": self.shared, "lm_head": self.head}
        sizes |= dict.fromkeys(_DENSE, self.dense)
        found = sizes.get("mlp.shared_experts" if name.startswith("mlp.shared_experts") else name)
        return self.tensor if found is None else found


_DENSE = ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
WHOLE = Division()
ROTARY_BYTES = 2


@cache
def parameter_count(model: Model) -> int:
    """Values of all matrices; vectors are left out."""
    ends = (each.count * each.rows * each.columns for each in ends_of(model, padding=1))
    layers = (
        each.count * each.rows * each.columns
        for layer in model.layers
        for each in matrices_of(model, layer)
    )
    return sum(ends) + sum(layers)


def checkpoint_bytes(model: Model, formats: Formats) -> float:
    """Of all weight files."""
    held = rank_bytes(model, formats, WHOLE, range(len(model.layers)))
    return held - ROTARY_BYTES * model.rotary


@cache
def rank_bytes(model: Model, formats: Formats, division: Division, layers: range) -> float:
    """What one rank of the pipeline stage with these layers holds."""
    ends = ends_of(model, first=layers.start == 0, last=layers.stop == len(model.layers))
    sizes = _Sizes(formats, division)
    found = sum(sizes.of(None, each) for each in ends)
    for index, count in distinct_layers(model, formats, layers):
        held = sum(sizes.of(index, each) for each in matrices_of(model, model.layers[index]))
        found += count * held
    return found + ROTARY_BYTES * model.rotary


@cache
def draft_bytes(model: Model, formats: Formats, division: Division) -> float:
    """What one rank holds of the layers that predict further tokens."""
    sizes, first = _Sizes(formats.of_drafts(len(model.layers)), division), len(model.layers)
    return sum(
        sizes.of(first + number, each)
        for number, layer in enumerate(model.drafts)
        for each in matrices_of(model, layer)
    )


@cache
def distinct_layers(model: Model, formats: Formats, layers: range) -> tuple[tuple[int, int], ...]:
    """One layer of each kind, and how many are like it."""
    alike: dict[object, list[int]] = {}
    for index in layers:
        alike.setdefault((model.layers[index], formats.kind_of(index)), []).append(index)
    return tuple((found[0], len(found)) for found in alike.values())


class _Sizes:
    """Bytes of matrices, each computed once."""

    def __init__(self, formats: Formats, division: Division) -> None:
        self.formats, self.division = formats, division
        self.known: dict[tuple[object, Matrix], float] = {}

    def of(self, layer: int | None, matrix: Matrix) -> float:
        form = None if matrix.value_bytes else self.formats.of(layer, matrix.name)
        key = form, matrix
        if key not in self.known:
            count, rows, columns = self._shape(matrix, form is not None and form.name == "mxfp4")
            single = (
                form.bytes_of(rows, columns)
                if form
                else rows * columns * (matrix.value_bytes or self.division.value_bytes)
            )
            self.known[key] = count * single
        return self.known[key]

    def _shape(self, matrix: Matrix, is_padded: bool) -> tuple[int, int, int]:
        division = self.division
        rows, columns = matrix.on_rank(division.ranks_for(matrix.name))
        count = matrix.count
        if matrix.name in EXPERTS:
            count = math.ceil((count + division.redundant) / division.expert)
        if is_padded and matrix.name in EXPERTS:
            wide, hidden = division.padding, division.hidden_padding
            is_down = matrix.split == "columns"
            rows, columns = (
                _up(rows, hidden if is_down else wide),
                _up(columns, wide if is_down else hidden),
            )
        return count, rows, columns


def _up(size: int, multiple: int) -> int:
    return math.ceil(size / multiple) * multiple
