"""Bounds are multiples of what the machine was measured to do, and never less than stated."""

from __future__ import annotations

import pytest

from tests.cluster.harness.layout import Layout
from tests.cluster.pace import FILE, REFERENCE, Pace, measure, patience


@pytest.mark.parametrize(
    ("pace", "factor"),
    [
        (REFERENCE, 1),
        (Pace(REFERENCE.pod / 2, REFERENCE.process / 2), 1),
        (Pace(REFERENCE.pod * 3, REFERENCE.process), 3),
        (Pace(REFERENCE.pod, REFERENCE.process * 4), 4),
    ],
)
def test_the_slower_of_two_counts(pace, factor):
    assert pace.factor == pytest.approx(factor)


def test_a_cluster_is_measured_once(tmp_path):
    layout = Layout(tmp_path)
    layout.run.mkdir(parents=True)
    (layout.run / FILE).write_text('{"pod": 4.0, "process": 0.1}')
    assert measure(layout) == Pace(4.0, 0.1), "there is no cluster: it was read"


def test_bounds_stay_where_nothing_was_measured(tmp_path):
    assert patience(30, Layout(tmp_path)) == 30


def test_bounds_grow_with_the_measured_time(tmp_path):
    layout = Layout(tmp_path)
    layout.run.mkdir(parents=True)
    (layout.run / FILE).write_text('{"pod": 1.0, "process": %s}' % (3 * REFERENCE.process))
    assert patience(30, layout) == pytest.approx(90)
