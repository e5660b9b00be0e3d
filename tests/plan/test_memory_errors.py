"""The estimate against public start-up logs: the goals that are met, and how far others are."""

from __future__ import annotations

import pytest

from tests.support.plans import shipped_engine
from tools.memory.errors import CLASSES, QUANTITIES, Error, percentile
from tools.memory.fits import graph_fit, least_squares, sampler_fit
from tools.memory.observations import Observation, observations
from tools.memory.report import verdicts
from wingsctl.catalog.versions import first_row

ROWS = observations()


def of(quantity: str, *classes: str) -> list[Error]:
    """Errors of the rows that are in all of the classes."""
    among = [each for each in ROWS if all(CLASSES[name](each) for name in classes)]
    return QUANTITIES[quantity].errors(among)


def sizes(quantity: str, errors: list[Error]) -> list[float]:
    return [abs(QUANTITIES[quantity].size(error)) for error in errors]


def names_its_format_alone(each: Observation) -> bool:
    """A checkpoint whose own file is not at hand: which layers it leaves alone is not known."""
    return each.is_quantised and not each.config.get("quantization_config")


@pytest.mark.parametrize(
    ("quantity", "classes", "least", "median", "p90"),
    [
        ("weights", ("vllm",), 70, 0.5, 3.0),
        ("tokens", ("version stated",), 40, 2.0, 10.0),
        ("tokens", ("the uniform sweep",), 35, 0.2, 1.0),
        ("tokens of others", ("version stated", "16-bit"), 9, 2.0, 21.0),
        ("requests from the cache", (), 6, 1.0, 15.0),
        ("activation", ("version stated",), 50, 0.1, 0.3),
        ("graphs", (), 60, 0.25, 0.8),
        ("cache", ("the uniform sweep",), 40, 0.1, 0.3),
    ],
)
def test_goals_that_are_met(
    quantity: str, classes: tuple[str, ...], least: int, median: float, p90: float
) -> None:
    """In % of the log, or GiB."""
    found = sizes(quantity, of(quantity, *classes))
    assert len(found) >= least
    assert percentile(found, 0.5) <= median
    assert percentile(found, 0.9) <= p90


@pytest.mark.parametrize(
    ("quantity", "classes", "goal", "now"),
    [
        # SGLang logs the difference of what is free: 0.06 to 0.09 GiB more for models of 1 GiB.
        ("weights", (), 3.0, 6.0),
        # Without a version: the defaults of that day, and peaks that have no explanation.
        ("tokens", (), 10.0, 18.0),
        # Two cards of 32 GiB with 3 GiB of cache or less, whose weights are known by name alone.
        ("requests", (), 15.0, 900.0),
    ],
)
def test_goals_that_are_not_met(
    quantity: str, classes: tuple[str, ...], goal: float, now: float
) -> None:
    """They must not get worse; one that is met belongs above."""
    found = percentile(sizes(quantity, of(quantity, *classes)), 0.9)
    assert goal < found <= now


def test_requests_of_hybrids_whose_format_is_known() -> None:
    errors = of("requests")
    known = [each for each in errors if not names_its_format_alone(each.observation)]
    assert len(known) >= 3
    assert percentile(sizes("requests", known), 0.9) <= 15


def test_no_start_is_wrongly_refused() -> None:
    found = verdicts(ROWS)
    assert [each.name for each in found.get(("ok", "does not fit"), [])] == []


def test_few_failures_are_said_to_fit() -> None:
    found = verdicts(ROWS)
    failed = [each for outcome in ("refused", "OOM") for each in found.get((outcome, "fits"), [])]
    said = sum(len(some) for (_, verdict), some in found.items() if verdict == "fits")
    assert len(failed) <= 0.02 * said
    assert said >= 75


def test_unseen_sources_are_not_much_worse() -> None:
    """GiB at the 90th percentile; the sampler's is that of leaving out all but three rows."""
    graphs, old = graph_fit(ROWS), sampler_fit(ROWS, "0.0.0", "0.17.0")
    assert len({each.source for each in graphs.rows}) >= 10
    assert percentile([abs(each) for each in graphs.left_out()], 0.9) <= 0.75
    assert percentile([abs(each) for each in old.left_out()], 0.9) <= 0.25
    new = sampler_fit(ROWS, "0.17.0", "0.27.0")
    assert percentile([abs(each) for each in new.left_out()], 0.9) <= 1.15


def test_the_catalog_has_the_constants_that_fit() -> None:
    """Rounded: to a fifth for graphs, of which few logs have experts or latent attention."""
    row = first_row(shipped_engine("vllm").memory, "0.22.0")
    assert row is not None
    assert row.graphs is not None
    graphs = graph_fit(ROWS)
    layer, experts, latent = graphs.constants(graphs.rows)
    assert row.graphs.layer_mib == pytest.approx(layer, rel=0.2)
    assert row.graphs.experts_mib + row.graphs.latent_mib == pytest.approx(
        experts + latent, rel=0.2
    )
    new = sampler_fit(ROWS, "0.17.0", "0.27.0")
    assert new.constants(new.rows) == [pytest.approx(row.sampler_factor, rel=0.03)]
    old_row = first_row(shipped_engine("vllm").memory, "0.11.0")
    assert old_row is not None
    old = sampler_fit(ROWS, "0.0.0", "0.17.0")
    assert old.constants(old.rows) == [pytest.approx(old_row.sampler_factor, rel=0.03)]


def test_least_squares() -> None:
    matrix = [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]
    assert least_squares(matrix, [1.0, 3.0, 5.0]) == pytest.approx([1.0, 2.0], rel=1e-6)


def test_percentile_is_one_of_the_values() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0.1, 0.5, 0.9)] == [1.0, 2.0, 3.0]
