"""Pods of a group that cannot reach each other: short cuts end nothing, long ones stop both sides.

Packets are dropped where the node forwards them, so that kubelet's probes still come through. Three
groups are cut at the same time, each in another way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.cluster.group_faults import SIZE, settings
from tests.cluster.kube import wait_for
from tests.cluster.node import Node
from tests.cluster.pace import patience
from tests.cluster.prober import Fault, Prober, Record, describe
from tests.cluster.release import ENGINE, GATEWAY, PROFILES, Release, is_ready
from tests.cluster.stories import all_at_once

COVERS = (
    "chart-templates/alone", "chart-templates/core", "chart-templates/leader-worker",
    "chart-templates/storage", "chart-templates/tests", "sidecar/wings_infer",
)  # fmt: skip
SHORT_SECONDS, LONG_SECONDS = 5, 60
ANSWER_SECONDS, LEASE_SECONDS, STOP_SECONDS = 3, 12, 3
SLACK_SECONDS = 4
"""Of a busy machine; the protocol's own clock decides the rest."""
CUTS = {
    "leader and worker 1": [(0, 1), (1, 0)],
    "worker 2 and all": [(0, 2), (2, 0), (1, 2), (2, 1)],
    "leader to worker 1, one way": [(0, 1)],
}
"""From which pod to which nothing comes through."""


@dataclass(frozen=True)
class Group:
    """One release, and how it is cut."""

    release: Release
    node: Node
    prober: Prober
    cut: str

    @property
    def lost(self) -> int:
        """The worker that the leader misses."""
        return 2 if self.cut == "worker 2 and all" else 1

    def name(self, index: int) -> str:
        return f"{self.release.name}-0-{index}"

    def drop(self) -> Any:
        address = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in self.release.pods()}
        ways = [(address[self.name(a)], address[self.name(b)]) for a, b in CUTS[self.cut]]
        return self.node.cut(f"{self.release.kube.namespace}_{self.release.name}", ways)

    def served(self, *endings: str) -> tuple[float, list[str]]:
        found = self.prober.served(120, *endings)
        assert found, f"{self.cut}: no answer{self.release.story()}"
        return found

    def engines(self) -> list[int]:
        """Their processes, seen from the node."""
        uids = [pod["metadata"]["uid"] for pod in self.release.pods()]
        return [pid for uid in uids for pid in self.node.processes(uid, "/fake-engine")]

    def ends(self) -> str:
        """Why engines and generations ended, by the logs."""
        logs = self.release.kube.run(
            "logs", "-l", f"app.kubernetes.io/instance={self.release.name}", "--all-containers",
            "--prefix", "--tail=-1",
        ).stdout.splitlines()  # fmt: skip
        words = "generation ended", "stops the engine", "starts the engine"
        return "\n".join(["", *[line for line in logs if any(word in line for word in words)]])

    def readiness(self) -> list[bool]:
        pods = {pod["metadata"]["name"]: pod for pod in self.release.pods()}
        return [is_ready(pods[self.name(index)]) for index in range(SIZE)]


@pytest.fixture(scope="module")
def releases(module_release) -> list[Release]:
    profile = PROFILES / "fake-group.wings.yaml"
    named = [module_release(f"cut-{number}", profile) for number in range(len(CUTS))]
    made = [replace(one, charts=one.charts / one.name) for one in named]
    all_at_once({one.name: lambda one=one: one.apply_ok(*settings()) for one in made})
    return made


@pytest.fixture
def groups(releases, clients, node) -> Iterator[list[Group]]:
    with ExitStack() as stack:
        yield [
            Group(release, node, stack.enter_context(Prober(clients, release)), cut)
            for release, cut in zip(releases, CUTS, strict=True)
        ]


def test_a_cut_of_5_seconds_ends_no_generation(groups, figures):
    found = all_at_once({group.cut: lambda group=group: cut_shortly(group) for group in groups})
    figures("short cut", SHORT_SECONDS, "s")
    figures("/health 503 for at most", max(found.values()), "s")


def cut_shortly(group: Group) -> float:
    """For how long /health was not 200."""
    _, before = group.served()
    begin = group.prober.mark()
    with group.drop():
        time.sleep(SHORT_SECONDS)
    end = group.prober.mark()
    at, after = group.served()
    fault = Fault(group.cut, begin, end, ANSWER_SECONDS + patience(SLACK_SECONDS))
    record = Record.of(group.prober, [fault])
    assert after == before, f"{group.cut}: the same engines go on{group.ends()}"
    assert list(record.members) == [" ".join(before)], record.members
    assert not record.lies(), describe(record)
    assert record.longest["chat"] == "200", f"what hung is answered in the end: {record.longest}"
    unready = [one for one in record.health if one[1] != "200" and begin < one[0] < at]
    assert unready, "a leader that does not hear a worker is not ready"
    for _, status, reason in unready:
        assert (status, group.name(group.lost) in reason) == ("503", True), reason
    first = unready[0][0]
    ready = [second for second, status, _ in record.health if status == "200" and second > first]
    return round(min([*ready, at]) - first, 1)


def test_a_cut_of_60_seconds_stops_both_sides_and_heals(groups, figures):
    found = all_at_once({group.cut: lambda group=group: cut_for_long(group) for group in groups})
    figures("long cut", LONG_SECONDS, "s")
    figures("all engines gone within", max(stopped for stopped, _ in found.values()), "s")
    figures("served again within", max(served for _, served in found.values()), "s")


def cut_for_long(group: Group) -> tuple[float, float]:
    """Until all engines were gone, and from the end of the cut until it served again."""
    _, before = group.served()
    begin = group.prober.mark()
    with group.drop():
        cut, cut_at = group.prober.mark(), time.monotonic()
        wait_for(lambda: not group.engines(), "the end of all engines", 60)
        stopped = time.monotonic() - cut_at
        while time.monotonic() < cut_at + LONG_SECONDS - 5:
            assert group.engines() == [], "none can start without the lost worker"
            time.sleep(1)
        assert group.readiness() == [False, True, True], "workers wait, and that is in order"
        time.sleep(max(0, cut_at + LONG_SECONDS - time.monotonic()))
    end = group.prober.mark()
    at, _ = group.served(*before)
    record = Record.of(group.prober, [Fault(group.cut, begin, cut, ANSWER_SECONDS + 1)])
    assert stopped < LEASE_SECONDS + STOP_SECONDS + 1 + patience(SLACK_SECONDS)
    assert not record.lies(), describe(record)
    assert not record.mixed(SIZE)
    assert_reason_given(group, record, cut, end)
    assert [restarts(group, kind) for kind in (ENGINE, GATEWAY)] == [0, 0]
    return round(stopped, 1), round(at - end, 1)


def assert_reason_given(group: Group, record: Record, begin: float, end: float) -> None:
    """The leader names the pod that it misses, as long as it does; what hung is cut at the end."""
    first = begin + ANSWER_SECONDS + patience(SLACK_SECONDS)
    given = [one for one in record.health if first < one[0] < end]
    assert len(given) > 5
    for _, status, reason in given:
        assert (status, f"{group.name(group.lost)} does not answer" in reason) == ("503", True), (
            reason
        )
    broken = [pair["answered"] for pair in record.untrue() if pair["asked"] < end]
    last = max(broken, default=begin)
    assert last < begin + LEASE_SECONDS + patience(SLACK_SECONDS)


def restarts(group: Group, kind: str) -> int:
    statuses = [each for pod in group.release.pods() for each in pod["status"]["containerStatuses"]]
    return sum(each["restartCount"] for each in statuses if each["name"].endswith(kind))
