"""How far the memory estimate is from what engines logged."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wingsctl.plan.graph_memory import graphs_gib
from wingsctl.plan.memory import MemoryLedger, estimate_memory
from wingsctl.plan.memory_request import settings_of
from wingsctl.plan.memory_stages import stages_of

from .observations import Observation

Read = Callable[[Observation], float | None]


@dataclass(frozen=True)
class Error:
    """One logged number beside the estimated one."""

    observation: Observation
    logged: float
    estimated: float

    @property
    def absolute(self) -> float:
        """Estimated less logged, in the quantity's own unit."""
        return self.estimated - self.logged

    @property
    def relative(self) -> float:
        """Share of the logged number."""
        return self.absolute / self.logged


@dataclass(frozen=True)
class Quantity:
    """Something that engines log, and how it is compared."""

    title: str
    unit: str
    """% of the logged number, or GiB."""
    logged: Read
    estimated: Read
    suits: Callable[[Observation], bool] = lambda each: True
    once: bool = False
    """Each configuration counts once, by its worst log."""

    def size(self, error: Error) -> float:
        """Signed, in the unit."""
        return 100 * error.relative if self.unit == "%" else error.absolute

    def errors(self, among: Iterable[Observation]) -> list[Error]:
        """Of the rows that state enough."""
        found = [error for each in among if self.suits(each) and (error := self._error(each))]
        return list(self._worst(found).values()) if self.once else found

    def _error(self, each: Observation) -> Error | None:
        logged = self.logged(each)
        estimated = None if logged is None else self.estimated(each)
        return None if logged is None or estimated is None else Error(each, logged, estimated)

    def _worst(self, found: Iterable[Error]) -> dict[tuple[str, ...], Error]:
        worst: dict[tuple[str, ...], Error] = {}
        for error in found:
            key = error.observation.configuration
            if key not in worst or abs(self.size(worst[key])) < abs(self.size(error)):
                worst[key] = error
        return worst


def ledger(each: Observation) -> MemoryLedger:
    """The estimate of one start-up."""
    return estimate_memory(each.request)


def is_sized(each: Observation) -> bool:
    """Whether the row states all that the cache depends on."""
    return each.usable_gib is not None and not each.row["excluded"]


def _weights(each: Observation) -> float:
    return max(stage.weights.gib for stage in stages_of(each.request, settings_of(each.request)))


def _activation(each: Observation) -> float | None:
    stages = list(stages_of(each.request, settings_of(each.request)))
    is_counted = stages[0].activation_gib > 0
    return max(stage.activation_gib for stage in stages) if is_counted else None


def _graphs(each: Observation) -> float | None:
    if each.request.row is None or each.request.row.graphs is None:
        return None
    layers = range(len(each.model.layers))
    return graphs_gib(each.request, settings_of(each.request), layers)


def _logged_activation(each: Observation) -> float | None:
    """Newer logs count the estimate of graphs with it."""
    return None if "the activation holds" in each.row["note"] else each.number("activation_gib")


def _logged_graphs(each: Observation) -> float | None:
    """What the engine sets aside where it does, else what they took; a share of 0 says nothing."""
    found = each.number("graph_estimate_gib") or each.number("cuda_graph_gib")
    return found if found and found > 0 else None


def _tokens(each: Observation) -> float | None:
    tokens = ledger(each).tokens
    return None if tokens is None else float(tokens)


def _from_cache(each: Observation) -> float | None:
    """Free of all other terms: the logged GiB divided by what one request takes."""
    found, cache = ledger(each), each.number("kv_cache_gib")
    if cache is None or not found.requests:
        return None
    return cache * found.requests / found.kv_gib


QUANTITIES = {
    "weights": Quantity(
        "weights of one GPU", "%", lambda each: each.number("weights_gib_per_gpu"), _weights,
        once=True,
    ),
    "cache": Quantity(
        "KV cache", "GiB", lambda each: each.number("kv_cache_gib"),
        lambda each: ledger(each).kv_gib, is_sized,
    ),
    "tokens": Quantity(
        "KV cache tokens, text", "%", lambda each: each.number("kv_cache_tokens"), _tokens,
        lambda each: is_sized(each) and not each.has_images and not each.is_hybrid,
    ),
    "tokens of others": Quantity(
        "KV cache tokens, images and hybrids", "%", lambda each: each.number("kv_cache_tokens"),
        _tokens, lambda each: is_sized(each) and (each.has_images or each.is_hybrid),
    ),
    "requests": Quantity(
        "requests of hybrids", "%", lambda each: each.number("requests"),
        lambda each: ledger(each).requests, lambda each: is_sized(each) and each.is_hybrid,
    ),
    "requests from the cache": Quantity(
        "requests of hybrids, from the logged cache", "%", lambda each: each.number("requests"),
        _from_cache, lambda each: each.is_hybrid,
    ),
    "activation": Quantity("activation peak", "GiB", _logged_activation, _activation),
    "graphs": Quantity("CUDA graphs", "GiB", _logged_graphs, _graphs),
}  # fmt: skip


CLASSES: dict[str, Callable[[Observation], bool]] = {
    "16-bit": lambda each: not each.is_quantised,
    "quantised": lambda each: each.is_quantised,
    "vllm": lambda each: each.row["engine"] == "vllm",
    "sglang": lambda each: each.row["engine"] == "sglang",
    "text": lambda each: not each.has_images and not each.is_hybrid,
    "images": lambda each: each.has_images,
    "hybrid": lambda each: each.is_hybrid,
    "experts": lambda each: each.has_experts,
    "version stated": lambda each: bool(each.row["engine_version"]),
    "version not stated": lambda each: not each.row["engine_version"],
    "card's size logged": lambda each: bool(each.row["gpu_mem_gib"]),
    "card's size not logged": lambda each: not each.row["gpu_mem_gib"],
    "the uniform sweep": lambda each: each.is_sweep,
    "all other sources": lambda each: not each.is_sweep,
}


def percentile(values: Iterable[float], share: float) -> float:
    """The least value that `share` of all do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1] if ordered else 0.0
