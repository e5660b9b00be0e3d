"""From nothing to a whole group and back, again and again, five releases at once.

One has two StatefulSets a group. Some cycles are disturbed as soon as KEDA has begun, by chance:
a number of pods is written, KEDA's operator dies, a pod is deleted while its group starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.cluster.clients import Clients
from tests.cluster.groups import Groups
from tests.cluster.kube import Kube, wait_for
from tests.cluster.release import Release
from tests.cluster.scaled_groups import (
    STEP_SECONDS,
    Demand,
    assert_all_good,
    kill_operator,
    replicas,
    write_number,
)
from tests.cluster.scaled_pods import vary
from tests.cluster.stories import Step, all_at_once
from tests.cluster.whole_groups import WholeGroups

SIZE, CYCLES = 2, 5
RELEASES = ("one", "two", "three", "four", "roles")
ROLES = {"worker": {"engine": {"resources": {"limits": {"memory": "144Mi"}}}}}
Act = Callable[[Groups], object]


@dataclass(frozen=True)
class Cycler:
    """One release of one group, which sleeps, is woken, and sleeps again."""

    groups: Groups
    disturbances: dict[int, tuple[str, Act]] = field(default_factory=dict)
    """By the number of the cycle."""

    def run(self) -> int:
        """Requests that were answered."""
        return sum(self._cycle(number) for number in range(CYCLES))

    def _cycle(self, number: int) -> int:
        name, disturb = self.disturbances.get(number, ("undisturbed", lambda _: None))
        with (
            Step(f"{self.groups.release.name}, cycle {number}, {name}"),
            Demand(self.groups.clients, self.groups.release.url, tokens=10) as demand,
        ):
            demand.set(1)
            wait_for(lambda: any(replicas(self.groups).values()), "KEDA's decision", STEP_SECONDS)
            disturb(self.groups)
            self.groups.wait_ready(1, STEP_SECONDS)
            seen = demand.result()
            assert_all_good(seen)
            what = "the idle number"
            wait_for(lambda: not any(replicas(self.groups).values()), what, STEP_SECONDS)
            self.groups.wait_ready(0, STEP_SECONDS)
        return int(seen["good"])


def run_cycles(first: Release, clients: Clients, keda: Kube, seed: int) -> dict[str, int]:
    """Answered requests, cycles, disturbances and engines started; all engines in whole groups."""
    cyclers = {name: _cycler(first, clients, name) for name in RELEASES}
    deal(cyclers, keda, Random(seed))
    all_at_once({name: each.groups.release.apply_ok for name, each in cyclers.items()})
    with WholeGroups(first.kube, dict.fromkeys(RELEASES, SIZE)) as watcher:
        answered = all_at_once({name: each.run for name, each in cyclers.items()})
    assert watcher.faults == []
    assert watcher.starts >= SIZE * CYCLES * len(RELEASES)
    return {
        "cycles from zero to zero": CYCLES * len(RELEASES),
        "disturbed cycles": sum(len(each.disturbances) for each in cyclers.values()),
        "requests, all answered": sum(answered.values()),
        "engines started in whole groups": watcher.starts,
    }


def _cycler(first: Release, clients: Clients, name: str) -> Cycler:
    """profiles/scaled.wings.yaml with one small group, and one pod as its door."""
    changes: dict[str, Any] = {"roles": ROLES} if name == "roles" else {}
    release = vary(
        first, name, base="scaled", nodes=SIZE, parallelism={"pipeline": SIZE},
        autoscaling={"max": 1}, frontDoor={"replicas": 1}, **changes,
    )  # fmt: skip
    form = "{name}-{group}-leader" if name == "roles" else "{name}-{group}"
    return Cycler(Groups(release, clients, SIZE, form))


def deal(cyclers: dict[str, Cycler], keda: Kube, dice: Random) -> None:
    """Each disturbance to a cycle of its own; numbers only where all pods are of one set."""
    written = [
        (f"{count} is written", lambda groups, count=count: write_number(groups, 0, count))
        for count in (0, 1, SIZE + 1)
    ]
    others = [("KEDA dies", lambda _: kill_operator(keda))] + 3 * [("a pod is deleted", _delete)]
    places = [(name, number) for name in cyclers for number in range(CYCLES)]
    dice.shuffle(places)
    for act in written:
        name, number = next(each for each in places if each[0] != "roles")
        places.remove((name, number))
        cyclers[name].disturbances[number] = act
    for act in others:
        name, number = places.pop()
        cyclers[name].disturbances[number] = act


def _delete(groups: Groups) -> None:
    """The last pod, whose name depends on the number of StatefulSets."""
    pods = wait_for(groups.release.pods, "a pod")
    groups.release.kube.run("delete", "pod", pods[-1]["metadata"]["name"], "--wait=false")
