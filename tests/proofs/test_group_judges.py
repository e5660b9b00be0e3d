"""What judges groups on a cluster finds the faults that it is there for."""

from __future__ import annotations

import pytest

from tests.cluster.groups import Seen
from tests.cluster.prober import Fault, Record, is_whole
from tests.cluster.whole_groups import WholeGroups

GOOD = {"statuses": {"200": 9}, "fingerprints": {"a a": 5, "b b": 4}}
ONE_AFTER_THE_OTHER = [[(1.0, 5.0)], [(6.0, 9.0)]]


def test_turns_of_groups_that_are_in_order():
    seen = Seen(GOOD, ONE_AFTER_THE_OTHER, 0.1)
    seen.assert_no_failure()
    seen.assert_turns(0, 1)


@pytest.mark.parametrize(
    "away",
    [
        [[(1.0, 5.0)], [(4.0, 9.0)]],
        [[(6.0, 9.0)], [(1.0, 5.0)]],
        [[(1.0, 5.0)], []],
        [[(1.0, 5.0)], [(6.0, 7.0), (8.0, 9.0)]],
        [[(1.0, None)], [(6.0, 9.0)]],
    ],
    ids=["both at once", "the wrong order", "one not at all", "one twice", "one for good"],
)
def test_turns_that_are_not(away):
    with pytest.raises(AssertionError):
        Seen(GOOD, away, 0.1).assert_turns(0, 1)


@pytest.mark.parametrize(
    "load",
    [GOOD | {"statuses": {"200": 9, "503": 1}}, GOOD | {"fingerprints": {"a b": 1}}],
    ids=["a refused request", "two versions in one group"],
)
def test_requests_that_were_not_served_well(load):
    with pytest.raises(AssertionError):
        Seen(load, ONE_AFTER_THE_OTHER, 0.1).assert_no_failure()


def record(asked: float, faults: list[Fault], members: str = "0:1@a 1:1@b") -> Record:
    """A chat failed right after /health had said 200."""
    odd = {"health": "200", "chat": "502", "asked": asked, "answered": asked + 0.1}
    return Record(9, [odd], [(0.0, "200", "")], {members: 8}, odd, 0.0, faults)


def test_health_is_untrue_only_until_a_fault_is_detected():
    fault = Fault("engine killed", 10.0, 10.5, 3.0)
    assert not record(12.0, [fault]).lies()
    assert record(14.0, [fault]).lies()
    assert record(12.0, []).lies()


def test_an_answer_is_made_by_all_members_of_one_generation():
    assert is_whole("0:1@a 1:1@b", 2)
    for other in ("0:1@a 1:2@b", "0:1@a", "0:1@a 0:1@b"):
        assert record(1.0, [], other).mixed(2) == [other]


class Pods:
    """Stands for the API server: pods of one release by group."""

    def __init__(self, *groups: str) -> None:
        self.groups = groups

    def items(self, kind: str, labels: str) -> list[dict[str, object]]:
        named = enumerate(self.groups)
        return [
            {"metadata": {"name": f"{n}", "uid": f"{n}", "labels": of(one)}} for n, one in named
        ]


def of(group: str) -> dict[str, str]:
    """Labels of a pod."""
    return {"app.kubernetes.io/instance": "one", "wingsctl/group": group}


def test_an_engine_in_a_part_of_a_group_is_found():
    whole, part = (WholeGroups(Pods(*groups), {"one": 2}) for groups in ("00", "01"))
    for watcher in (whole, part):
        watcher._judge({"0"})
    assert (whole.starts, whole.faults) == (1, [])
    assert (part.starts, len(part.faults)) == (1, 1)
