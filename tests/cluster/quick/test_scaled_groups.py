"""Groups of two behind a front door: none, one, three and none again, always whole.

One watcher sees all engines of the release: none starts in a part of a group, whatever happens to
the number of pods, to the version, or to the room on the node. deep/test_scaled_groups.py has
larger groups, and a KEDA that dies.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.cluster.groups import VERSION, Groups
from tests.cluster.kube import wait_for
from tests.cluster.node import Node, command_line
from tests.cluster.pace import patience
from tests.cluster.release import Release
from tests.cluster.scaled_groups import (
    Demand,
    ask_at_once,
    assert_all_good,
    group_of,
    is_pending,
    replicas,
    tokens_made,
    wait_groups,
    write_number,
)
from tests.cluster.scaled_pods import vary
from tests.cluster.stories import Step
from tests.cluster.whole_groups import WholeGroups

SIZE, FULL = 2, 3
BURST, TOKENS = 4, 3
PENDING_SECONDS = 5
COOLDOWN = 12
"""Long enough for a look at a group that nothing asks any more."""
Scarce = Callable[[Release, int], list[str]]


@pytest.fixture
def groups(module_release, clients, keda, node) -> Groups:
    first = module_release("first")
    release = vary(
        first, "small", base="scaled", nodes=SIZE, parallelism={"pipeline": SIZE},
        autoscaling={"cooldownSeconds": round(patience(COOLDOWN))}, frontDoor={"holdSeconds": 280},
    )  # fmt: skip
    return Groups(release, clients, SIZE)


def test_groups_start_and_end_as_a_whole(groups, scarce, node):
    with WholeGroups(groups.release.kube, {"small": SIZE}) as watcher:
        nothing_starts_without_demand(groups, scarce, watcher)
        the_first_requests_wake_one_group(groups)
        with Demand(groups.clients, groups.release.url) as demand:
            demand.set(1)
            an_upgrade_keeps_the_number(groups)
            a_group_without_a_place_starts_no_engine(groups, scarce, demand, node)
            what_goes_finishes_its_streams(groups, demand)
    assert watcher.faults == []
    assert watcher.starts >= (FULL + 1) * SIZE, "one group started twice"


def nothing_starts_without_demand(groups: Groups, scarce: Scarce, watcher: WholeGroups) -> None:
    """Until KEDA has looked for the first time, the autoscaler may fill groups: as a whole, too."""
    with Step("an install"):
        devices = SIZE * FULL - 1
        groups.release.install_ok(*scarce(groups.release, devices))
        wait_groups(groups, 0)
        before = watcher.starts
    with Step("an upgrade at zero"):
        groups.upgrade(f"{VERSION}=b")
        assert replicas(groups) == {groups.stateful_set(group): 0 for group in range(FULL)}
        assert groups.release.pods() == []
        assert watcher.starts == before
    with Step("a number that is written for a group that sleeps"):
        write_number(groups, 1, 1)
        wait_for(lambda: replicas(groups)["small-1"] != 1, "KEDA's correction")
        wait_groups(groups, 0)
        assert watcher.faults == []


def the_first_requests_wake_one_group(groups: Groups) -> None:
    with Step("the first requests"):
        seen = ask_at_once(groups, BURST, TOKENS)
        assert seen["statuses"] == {"200": BURST}
        assert seen["ids"] == BURST
        assert tokens_made(groups, 0) == BURST * TOKENS
        assert list(replicas(groups).values()) == [SIZE, 0, 0]


def an_upgrade_keeps_the_number(groups: Groups) -> None:
    with Step("an upgrade of one group that serves"):
        wait_groups(groups, 1)
        groups.upgrade(f"{VERSION}=c")
        assert list(replicas(groups).values()) == [SIZE, 0, 0]
        wait_groups(groups, 1)
        assert groups.all_versions(1) == groups.same("c")


def a_group_without_a_place_starts_no_engine(
    groups: Groups, scarce: Scarce, demand: Demand, node: Node
) -> None:
    with Step("three groups are wanted, and one pod has no place"):
        demand.set(12)
        wait_for(lambda: list(replicas(groups).values()) == [SIZE] * FULL, "KEDA's decision")
        two = SIZE * (FULL - 1)
        wait_for(lambda: len(engines(groups, node)) == two, "the engines of two groups", 120)
        time.sleep(PENDING_SECONDS)
        (waiting,) = {group_of(pod) for pod in groups.release.pods() if is_pending(pod)}
        assert waiting not in engines(groups, node).values()
    with Step("a place for it"):
        scarce(groups.release, SIZE * FULL)
        wait_groups(groups, FULL)
        assert groups.all_versions(FULL) == groups.same("c", "c", "c")


def engines(groups: Groups, node: Node) -> dict[int, str]:
    """Their processes, seen from the node, and the group of each."""
    return {
        pid: group_of(pod)
        for pod in groups.release.pods()
        for pid in node.processes(pod["metadata"]["uid"], "/fake-engine")
        if "wings_infer" not in command_line(pid)
    }


def what_goes_finishes_its_streams(groups: Groups, demand: Demand) -> None:
    """The streams pass the door by: of them KEDA knows nothing."""
    with (
        Step("no demand: all groups finish, and go"),
        groups.clients.streams(groups.url(1), count=2, max_tokens=700) as one,
        groups.clients.streams(groups.url(2), count=2, max_tokens=700) as other,
    ):
        assert (one.first_line, other.first_line) == ("open", "open")
        demand.set(0)
        wait_for(lambda: not any(replicas(groups).values()), "KEDA's decision")
        streams = [*one.result(), *other.result()]
        assert all(each["done"] and not each["error"] for each in streams), streams
        wait_groups(groups, 0)
        assert_all_good(demand.result())
