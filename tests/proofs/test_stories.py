"""Stories of several releases: what fails in one of them is found by its name and step."""

from __future__ import annotations

from random import Random

import pytest

from tests.cluster.cycles import CYCLES, RELEASES, Cycler, deal
from tests.cluster.stories import Step, all_at_once


def test_stories_that_end_well_give_what_they_return():
    assert all_at_once({"one": lambda: 1, "two": lambda: 2}) == {"one": 1, "two": 2}


def test_all_failures_are_raised_with_their_story_and_step():
    def fails(number: int) -> None:
        with Step("the first"):
            pass
        with Step("the second"):
            assert number == 0

    with pytest.raises(BaseExceptionGroup) as caught:
        all_at_once({"good": lambda: fails(0), "bad": lambda: fails(1), "worse": lambda: fails(2)})
    notes = [error.__notes__ for error in caught.value.exceptions]
    assert notes == [
        ["in the step: the second", "in the story: bad"],
        ["in the step: the second", "in the story: worse"],
    ]


def test_every_disturbance_has_a_cycle_of_its_own():
    deleted = ["a pod is deleted"] * 3
    for seed in range(20):
        cyclers = {name: Cycler(None) for name in RELEASES}
        deal(cyclers, None, Random(seed))
        dealt = [name for each in cyclers.values() for name, _ in each.disturbances.values()]
        assert sorted(dealt) == [
            "0 is written",
            "1 is written",
            "3 is written",
            "KEDA dies",
            *deleted,
        ]
        numbers = [number for each in cyclers.values() for number in each.disturbances]
        assert set(numbers) <= set(range(CYCLES))
        roles = [name for name, _ in cyclers["roles"].disturbances.values()]
        assert not [name for name in roles if "written" in name]
