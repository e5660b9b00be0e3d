"""A fresh part that fails in CI gets a second chance, and both runs are shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.harness.layout import Layout
from tests.cluster.proofs.parts import LIMIT_SECONDS, Part
from tests.cluster.proofs.prove import Runs, again, job_of
from tests.cluster.schedule import Done

FAILS, PASSES = Done(False, "the first story\n"), Done(True, "the second story\n")


@pytest.fixture
def runs() -> Callable[..., Runs]:
    """Runs that end like this, one after another."""

    def make(*ends: Done) -> Runs:
        left = list(ends)
        return lambda _: left.pop(0)

    return make


def test_what_passes_runs_once(runs):
    assert again(runs(PASSES))(Layout()) == PASSES


def test_what_fails_once_has_passed_and_shows_both(runs):
    done = again(runs(FAILS, PASSES))(Layout())
    assert done.passed
    assert done.printed.index(FAILS.printed) < done.printed.index("once more")
    assert done.printed.endswith(PASSES.printed)


def test_what_fails_twice_has_failed(runs):
    assert not again(runs(FAILS, FAILS))(Layout()).passed


def test_a_part_of_unknown_duration_is_taken_to_need_the_limit(runs):
    part = Part(Path("test_a.py"), heavy=True)
    found = [job_of(part, seconds, runs()) for seconds in (None, 90)]
    assert [(job.name, job.seconds, job.heavy) for job in found] == [
        ("deep/test_a.py", LIMIT_SECONDS, True),
        ("deep/test_a.py", 90, True),
    ]
