"""KEDA starts and ends whole groups by the demand of the front door: three groups of three pods.

One watcher sees it all: no engine starts in a part of a group, whatever happens to the scaler or
to the version.
"""

from __future__ import annotations

import time

from tests.cluster.groups import VERSION, Groups
from tests.cluster.kube import Kube, wait_for
from tests.cluster.scaled_groups import (
    Demand,
    assert_all_good,
    kill_operator,
    replicas,
    wait_groups,
)
from tests.cluster.stories import Step
from tests.cluster.whole_groups import WholeGroups

COVERS = (
    "chart-templates/autoscaling", "chart-templates/core", "chart-templates/front-door",
    "chart-templates/leader-worker", "chart-templates/storage", "chart-templates/tests",
    "sidecar/wings_infer",
)  # fmt: skip
SIZE, FULL = 3, 3


def test_groups_stay_whole_at_full_size(module_release, clients, keda, node, figures):
    release = module_release("scaled")
    groups = Groups(release, clients, SIZE)
    with WholeGroups(release.kube, {"scaled": SIZE}) as watcher:
        with Step("no demand"):
            release.apply_ok()
            wait_groups(groups, 0)
        with Demand(clients, release.url) as demand:
            an_upgrade_while_a_group_starts(groups, demand)
            figures("three groups after", grow(groups, demand, keda), "s")
            an_upgrade_takes_turns(groups)
            figures("no group after", shrink(groups, demand, keda), "s")
            seen = demand.result()
            assert_all_good(seen)
    assert watcher.faults == []
    assert watcher.starts >= 2 * FULL * SIZE
    figures("requests, all answered", seen["good"])
    figures("engines started in whole groups", watcher.starts)


def an_upgrade_while_a_group_starts(groups: Groups, demand: Demand) -> None:
    with Step("an upgrade while the first group starts"):
        demand.set(1)
        wait_for(lambda: replicas(groups)["scaled-0"] == SIZE, "KEDA's decision", 60)
        groups.upgrade(f"{VERSION}=b")
        assert list(replicas(groups).values()) == [SIZE, 0, 0]
        wait_groups(groups, 1)
        assert groups.all_versions(1) == groups.same("b")


def grow(groups: Groups, demand: Demand, keda: Kube) -> float:
    with Step("twelve requests want three groups, and KEDA dies meanwhile"):
        began = time.monotonic()
        demand.set(12)
        wait_for(lambda: list(replicas(groups).values()) != [SIZE, 0, 0], "KEDA's decision", 60)
        kill_operator(keda)
        wait_groups(groups, FULL)
        return round(time.monotonic() - began, 1)


def an_upgrade_takes_turns(groups: Groups) -> None:
    with Step("an upgrade at full size"):
        seen = groups.watch(lambda: groups.upgrade(f"{VERSION}=c"), FULL, FULL)
        assert list(replicas(groups).values()) == [SIZE] * FULL
        seen.assert_no_failure()
        seen.assert_turns(0, 1, 2)


def shrink(groups: Groups, demand: Demand, keda: Kube) -> float:
    with Step("no requests want no group, and KEDA dies meanwhile"):
        began = time.monotonic()
        demand.set(0)
        kill_operator(keda)
        wait_groups(groups, 0)
        return round(time.monotonic() - began, 1)
