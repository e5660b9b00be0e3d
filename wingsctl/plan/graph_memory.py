"""How much memory the CUDA graphs of a pipeline stage take."""

from __future__ import annotations

from collections.abc import Iterator

from wingsctl.catalog.graphs import Graphs
from wingsctl.models.architecture import Experts, Latent, Layer
from wingsctl.plan.kv_cache import cached_value_bytes
from wingsctl.plan.memory_request import MemoryRequest, Settings

FINE_STEP, FINE_UP_TO = 8, 256
HOPPER = 9.0
"""Compute capability of the cards whose own attention kernel reads a cache of 8 bits."""
MIB = 1 / 1024


def graphs_gib(request: MemoryRequest, settings: Settings, layers: range) -> float:
    """GiB on one GPU: of each graph and layer, and what its attention allocates once."""
    graphs = settings.row.graphs
    if graphs is None:
        return 0.0 if request.run.graph_sizes == () else settings.row.graphs_gib
    number = graph_count(request, settings, graphs)
    if not number:
        return 0.0
    each = sum(_layer_mib(graphs, request.model.layers[index]) for index in layers)
    return number * each * MIB + _once_gib(request, graphs)


def graph_count(request: MemoryRequest, settings: Settings, graphs: Graphs) -> int:
    """How many batches are captured; those for decoding alone count again."""
    asked = request.run.graph_sizes
    sizes = list(_sizes(request, settings, graphs)) if asked is None else list(asked)
    fitting = [size for size in sizes if size <= settings.batched]
    again = [size for size in fitting if size <= settings.requests] if graphs.decode else []
    return len(fitting) + len(again)


def _sizes(request: MemoryRequest, settings: Settings, graphs: Graphs) -> Iterator[int]:
    """The engine's own list."""
    largest = request.run.graph_limit or _largest(request, settings, graphs)
    small = (1, 2, 4, *range(FINE_STEP, FINE_UP_TO + 1, FINE_STEP))
    yield from (size for size in small if size <= largest)
    yield from range(FINE_UP_TO + graphs.step, largest + 1, graphs.step)


def _largest(request: MemoryRequest, settings: Settings, graphs: Graphs) -> int:
    capability = int(request.accelerator.compute_capability or 0)
    is_wide = graphs.wide_capability is not None and capability == graphs.wide_capability
    most = graphs.wide_largest if is_wide else graphs.largest
    return min(most, graphs.each_request * settings.requests) if graphs.each_request else most


def _layer_mib(graphs: Graphs, layer: Layer) -> float:
    experts = graphs.experts_mib if isinstance(layer.feed_forward, Experts) else 0
    latent = graphs.latent_mib if isinstance(layer.mixer, Latent) else 0
    return graphs.layer_mib + experts + latent


def _once_gib(request: MemoryRequest, graphs: Graphs) -> float:
    is_narrow = cached_value_bytes(request) < 2
    return graphs.narrow_cache_gib if is_narrow and not _is_hopper(request) else 0.0


def _is_hopper(request: MemoryRequest) -> bool:
    return request.accelerator.compute_capability in (None, HOPPER)
