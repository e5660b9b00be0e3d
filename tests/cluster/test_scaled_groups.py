"""KEDA starts and ends whole groups by the demand of the front door: three groups of three pods.

One release lives through the first tests of this file, in their order: asleep, one group, three,
one, asleep. One watcher sees it all: no engine starts in a part of a group, whatever happens to the
scaler, to the number of pods, or to the version.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.cluster.clients import CHAT
from tests.cluster.groups import VERSION, Groups
from tests.cluster.kube import wait_for
from tests.cluster.scaled_groups import (
    STEP_SECONDS,
    Demand,
    assert_all_good,
    kill_operator,
    replicas,
    wait_groups,
)
from tests.cluster.whole_groups import WholeGroups

SIZE, GROUPS = 3, 3
LOAD_SECONDS, PENDING_SECONDS = 15, 8


@pytest.fixture(scope="module")
def watched(module_release, clients, keda, node) -> Iterator[tuple[Groups, WholeGroups]]:
    release = module_release("scaled")
    with WholeGroups(release.kube, {"scaled": SIZE}) as watcher:
        release.install_ok()
        yield Groups(release, clients, SIZE), watcher


@pytest.fixture
def groups(watched) -> Groups:
    return watched[0]


@pytest.fixture(scope="module")
def demand(watched) -> Iterator[Demand]:
    """From the first group on until the last one goes."""
    groups, _ = watched
    with Demand(groups.clients, groups.release.url) as demand:
        yield demand


def test_an_install_without_demand_starts_no_engine(groups, watched):
    wait_groups(groups, 0)
    assert replicas(groups) == {groups.stateful_set(group): 0 for group in range(GROUPS)}
    assert watched[1].starts == 0


def test_an_upgrade_at_zero_starts_nothing(groups, watched):
    groups.upgrade(f"{VERSION}=b")
    assert set(replicas(groups).values()) == {0}
    assert groups.release.pods() == []
    assert watched[1].starts == 0


def test_a_number_that_somebody_writes_for_an_idle_group_starts_nothing(groups, watched):
    scale(groups, 1, 1)
    wait_for(lambda: replicas(groups)["scaled-1"] != 1, "KEDA's correction")
    wait_groups(groups, 0)
    assert watched[1].starts == 0


def test_the_first_request_wakes_one_group_and_is_answered(groups, capsys):
    url = f"{groups.clients.reach(groups.release.url)}/v1/chat/completions"
    began = time.monotonic()
    status, text = groups.clients.post(url, CHAT % 2)
    tell(capsys, "first request at zero: answered", began)
    assert (status, "fake-" in text) == (200, True), text
    assert replicas(groups) == {"scaled-0": SIZE, "scaled-1": 0, "scaled-2": 0}


def test_numbers_that_somebody_writes_for_a_busy_group_become_its_own_again(groups, demand):
    demand.set(1)
    wait_groups(groups, 1)
    for count in (1, SIZE + 1):
        scale(groups, 0, count)
        wait_for(lambda: replicas(groups)["scaled-0"] == SIZE, "the autoscaler's correction")
        wait_groups(groups, 1)


def test_twelve_want_three_groups_and_keda_dies_meanwhile(groups, demand, keda, capsys):
    began = time.monotonic()
    demand.set(12)
    wait_for(lambda: list(replicas(groups).values()) != [SIZE, 0, 0], "KEDA's decision", 60)
    kill_operator(keda)
    wait_groups(groups, 3)
    tell(capsys, "1 to 12 requests: 3 groups", began)


def test_an_upgrade_at_full_size_takes_turns(groups, demand, capsys):
    seen = groups.watch(lambda: groups.upgrade(f"{VERSION}=c"), 3, 3)
    assert list(replicas(groups).values()) == [SIZE] * GROUPS
    with capsys.disabled():
        print(f"\nupgrade of three groups behind their door: {seen}")
    seen.assert_no_failure()
    seen.assert_turns(0, 1, 2)


def test_four_want_one_group_and_those_that_go_finish_their_streams(groups, demand, capsys):
    """Three of the four are streams of 50 s, spread over the groups of which two go."""
    with groups.clients.streams(groups.release.url, count=3, max_tokens=1000) as streams:
        assert streams.first_line == "open"
        began = time.monotonic()
        demand.set(1)
        wait_for(lambda: list(replicas(groups).values()) == [SIZE, 0, 0], "KEDA's decision", 48)
        wait_groups(groups, 1, 3 * STEP_SECONDS)  # the last group goes when the one below is gone
        tell(capsys, "12 to 4 requests: 1 group", began)
        found = streams.result()
    assert all(each["done"] and not each["error"] for each in found), found


def test_none_wants_no_group_and_keda_dies_meanwhile(groups, demand, keda, capsys):
    began = time.monotonic()
    demand.set(0)
    seen = demand.result()
    kill_operator(keda)
    wait_groups(groups, 0)
    tell(capsys, "4 to 0 requests: no group", began)
    with capsys.disabled():
        print(seen)
    assert_all_good(seen)


def test_an_upgrade_while_a_group_starts_keeps_the_number(groups):
    with Demand(groups.clients, groups.release.url) as demand:
        demand.set(1)
        wait_for(lambda: replicas(groups)["scaled-0"] == SIZE, "KEDA's decision", 60)
        groups.upgrade(f"{VERSION}=d")
        assert list(replicas(groups).values()) == [SIZE, 0, 0]
        wait_groups(groups, 1)
        assert groups.all_versions(1) == groups.same("d")
        assert_all_good(demand.result())


def tell(capsys: pytest.CaptureFixture[str], what: str, began: float) -> None:
    with capsys.disabled():
        print(f"\n{what} after {time.monotonic() - began:.0f} s")


def scale(groups: Groups, group: int, count: int) -> None:
    name = f"statefulset/{groups.stateful_set(group)}"
    groups.release.kube.ok("scale", name, f"--replicas={count}")


def test_no_engine_ever_started_in_a_part_of_a_group(watched):
    groups, watcher = watched
    wait_groups(groups, 0)
    assert watcher.faults == []
    assert watcher.starts >= 8 * SIZE


def test_a_group_without_a_place_starts_no_engine(release, clients, keda, scarce):
    """Four devices for two groups of three: the first answers everything meanwhile.

    No device at first: what the autoscaler may fill at install before KEDA has looked is not this
    test's matter.
    """
    scaled = release("scaled")
    scaled.install_ok("--set", "autoscaling.max=2", *scarce(scaled, 0))
    groups = Groups(scaled, clients, SIZE)
    wait_groups(groups, 0)
    scarce(scaled, 4)
    with (
        WholeGroups(scaled.kube, {"scaled": SIZE}) as watcher,
        Demand(clients, scaled.url) as demand,
    ):
        demand.set(1)
        wait_groups(groups, 1)
        demand.set(8)
        wait_for(lambda: len(pending(groups)) == SIZE - 1, "pods without a place", 60)
        time.sleep(PENDING_SECONDS)
        demand.set(1)
        wait_groups(groups, 1)
        assert_all_good(demand.result())
    assert (watcher.starts, watcher.faults) == (SIZE, [])


def test_a_group_that_loads_is_not_ended_when_demand_stops(release, clients, keda, node, capsys):
    """Who asked gives up while the engines load: the group gets ready all the same, then goes."""
    scaled = release("scaled")
    slow = [f"engine.env.FAKE_LOAD_SECONDS={LOAD_SECONDS}", "autoscaling.cooldownSeconds=45"]
    scaled.install_ok(*(word for each in slow for word in ("--set", each)))
    groups = Groups(scaled, clients, SIZE)
    wait_groups(groups, 0)
    with WholeGroups(scaled.kube, {"scaled": SIZE}) as watcher:
        began = time.monotonic()
        wait_for(lambda: gives_up(groups) and watcher.starts, "an engine that loads")
        stopped = time.monotonic() - began
        groups.wait_ready(1)
        ready = time.monotonic() - began
        wait_groups(groups, 0)
        gone = time.monotonic() - began
    with capsys.disabled():
        print(f"\ndemand ended after {stopped:.0f} s, group ready {ready:.0f} s, gone {gone:.0f} s")
    assert (watcher.starts, watcher.faults) == (SIZE, [])


def gives_up(groups: Groups) -> bool:
    """Asks once, and waits for two seconds."""
    with pytest.raises(AssertionError, match="timed out"):
        groups.clients.post(f"{groups.release.url}/v1/chat/completions", CHAT % 2, limit=2)
    return True


def pending(groups: Groups) -> list[str]:
    pods = groups.release.pods()
    return [each["metadata"]["name"] for each in pods if each["status"]["phase"] == "Pending"]
