"""Names for the tensors of a model: one for all layers."""

from __future__ import annotations

from collections.abc import Iterable


def part_name(tensor_name: str) -> str:
    """`model.layers.7.mlp.up.weight` is of the part `model.layers.*.mlp.up.weight`."""
    return ".".join("*" if word.isdigit() else word for word in tensor_name.split("."))


def parts(tensors: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """Of each part its bytes and the number of its tensors, from (name, bytes).

    The experts of a layer are one tensor each for their up and down projections in most models,
    so that the number is that of the layers.
    """
    sums: dict[str, list[int]] = {}
    for name, size in tensors:
        total = sums.setdefault(part_name(name), [0, 0])
        total[0] += size
        total[1] += 1
    return dict(sorted(sums.items()))
