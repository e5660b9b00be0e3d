"""The fitted constants, fitted once more without each source: what an unseen log would show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wingsctl.catalog.base import VersionRange
from wingsctl.catalog.graphs import Graphs
from wingsctl.catalog.versions import applies
from wingsctl.models.architecture import Experts, Latent
from wingsctl.plan.graph_memory import MIB, graph_count
from wingsctl.plan.memory_request import settings_of
from wingsctl.plan.memory_stages import activation_gib
from wingsctl.plan.weights import GIB

from .errors import QUANTITIES, Error
from .observations import Observation

Vector = list[float]
SECOND_RUNNER = VersionRange(since="0.27.0")


@dataclass(frozen=True)
class Fit:
    """A linear formula: what each constant is multiplied with in each row, and what is logged."""

    title: str
    names: tuple[str, ...]
    rows: list[Observation]
    factors: Callable[[Observation], Vector]
    target: Callable[[Observation], float]

    def constants(self, rows: Sequence[Observation]) -> Vector:
        """Least squares over some rows."""
        return least_squares(
            [self.factors(each) for each in rows], [self.target(each) for each in rows]
        )

    def errors(self) -> list[float]:
        """GiB, with the constants of all rows."""
        return [self._error(self.constants(self.rows), each) for each in self.rows]

    def left_out(self) -> list[float]:
        """GiB of each row, with the constants of all sources but its own."""
        found = []
        for source in dict.fromkeys(each.source for each in self.rows):
            others = [each for each in self.rows if each.source != source]
            constants = self.constants(others)
            found += [self._error(constants, each) for each in self.rows if each.source == source]
        return found

    def _error(self, constants: Vector, each: Observation) -> float:
        estimate = sum(a * b for a, b in zip(constants, self.factors(each), strict=True))
        return estimate - self.target(each)


def least_squares(matrix: Sequence[Vector], target: Sequence[float]) -> Vector:
    """By the normal equations; a column of zeros gets 0."""
    size = len(matrix[0])
    left = [[sum(row[i] * row[j] for row in matrix) for j in range(size)] for i in range(size)]
    right = [
        sum(row[i] * value for row, value in zip(matrix, target, strict=True)) for i in range(size)
    ]
    for i in range(size):
        left[i][i] += 1e-9
    for i in range(size):
        for other in range(size):
            if other != i:
                share = left[other][i] / left[i][i]
                left[other] = [a - share * b for a, b in zip(left[other], left[i], strict=True)]
                right[other] -= share * right[i]
    return [right[i] / left[i][i] for i in range(size)]


def graph_fit(among: Sequence[Observation]) -> Fit:
    """MiB of each graph and layer, more with experts, more with latent attention."""
    rows = _distinct(QUANTITIES["graphs"].errors(among), _has_both)
    return Fit("graphs", ("layer", "experts", "latent"), rows, _graph_factors, _graph_target)


def sampler_fit(among: Sequence[Observation], since: str, before: str) -> Fit:
    """Copies of requests times vocabulary in 32 bits, where sampling is the peak."""

    def suits(each: Observation) -> bool:
        span = VersionRange(since=since, before=before)
        is_in = applies(span, each.version) and bool(each.row["engine_version"])
        return is_in and _without_sampler(each) < 0.8 * (each.number("activation_gib") or 0)

    rows = _distinct(QUANTITIES["activation"].errors(among), suits)
    return Fit(
        f"sampler, {since} to {before}", ("factor",), rows, _sampler_factors, _sampler_target
    )


def _distinct(errors: Sequence[Error], suits: Callable[[Observation], bool]) -> list[Observation]:
    """Runs that differ in the number of requests' length alone count once."""
    found = {(*each.observation.configuration, each.logged): each.observation for each in errors}
    return [each for each in found.values() if suits(each)]


def _has_both(each: Observation) -> bool:
    """Captured twice, by the first model runner; one source has readings below 0."""
    graphs = each.request.row.graphs if each.request.row else None
    is_odd = each.source.endswith("empirical-vllm-memory-results.md") or applies(
        SECOND_RUNNER, each.version
    )
    return bool(graphs and graphs.decode and each.row["engine_version"] and not is_odd)


def _graphs(each: Observation) -> Graphs:
    row = each.request.row
    if row is None or row.graphs is None:
        raise LookupError(each.name)
    return row.graphs


def _graph_factors(each: Observation) -> Vector:
    number = MIB * graph_count(each.request, settings_of(each.request), _graphs(each))
    layers = each.model.layers
    experts = sum(isinstance(layer.feed_forward, Experts) for layer in layers)
    latent = sum(isinstance(layer.mixer, Latent) for layer in layers)
    return [number * len(layers), number * experts, number * latent]


def _graph_target(each: Observation) -> float:
    error = QUANTITIES["graphs"].errors([each])[0]
    graphs = _graphs(each)
    terms = zip(
        _graph_factors(each), (graphs.layer_mib, graphs.experts_mib, graphs.latent_mib), strict=True
    )
    once = error.estimated - sum(a * b for a, b in terms)
    return error.logged - once


def _sampler_factors(each: Observation) -> Vector:
    settings = settings_of(each.request)
    samples = min(settings.requests, settings.batched) * each.model.vocabulary
    return [4 * samples / GIB]


def _without_sampler(each: Observation) -> float:
    """What the formula has beside the sampler's copies."""
    settings = settings_of(each.request)
    peak = activation_gib(each.request, settings, range(len(each.model.layers)))
    return peak - settings.row.sampler_factor * _sampler_factors(each)[0]


def _sampler_target(each: Observation) -> float:
    return (each.number("activation_gib") or 0) - _without_sampler(each)
