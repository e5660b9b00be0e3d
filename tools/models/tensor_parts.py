"""The tensors of a model: one name for all layers, and what they take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


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


def sizes_of(model: torch.nn.Module) -> dict[str, Any]:
    """Bytes of parameters, each counted once where layers share it, and of buffers."""
    named = parts((name, tensor.nbytes) for name, tensor in model.named_parameters())
    return {
        "weights": sum(size for size, _ in named.values()),
        "buffers": sum(tensor.nbytes for tensor in model.buffers()),
        "parts": named,
    }
