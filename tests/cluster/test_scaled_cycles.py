"""Fifty times from nothing to a whole group and back, five releases at once.

One has two StatefulSets a group. Most are disturbed in their first cycles: somebody writes a number
of pods, KEDA's operator dies, a pod is deleted while its group starts. No engine starts in a part
of a group, and every request is answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cluster.groups import Groups
from tests.cluster.kube import Kube, wait_for
from tests.cluster.release import PROFILES
from tests.cluster.scaled_groups import (
    STEP_SECONDS,
    Demand,
    assert_all_good,
    kill_operator,
    replicas,
)
from tests.cluster.whole_groups import WholeGroups

SIZE, CYCLES = 2, 10
RELEASES = ("one", "two", "three", "four", "roles")
ROLES = {"worker": {"engine": {"resources": {"limits": {"memory": "144Mi"}}}}}
Act = Callable[[Groups], object]


@dataclass(frozen=True)
class Cycler:
    """One release of one group, which sleeps, is woken, and sleeps again."""

    groups: Groups
    disturbances: tuple[Act, ...]
    """One for each of the first cycles, as soon as KEDA has begun."""

    def run(self) -> int:
        """Requests that were answered."""
        return sum(self._cycle(number) for number in range(CYCLES))

    def _cycle(self, number: int) -> int:
        with Demand(self.groups.clients, self.groups.release.url, tokens=10) as demand:
            demand.set(1)
            wait_for(lambda: any(replicas(self.groups).values()), "KEDA's decision", STEP_SECONDS)
            for disturb in self.disturbances[number : number + 1]:
                disturb(self.groups)
            self.groups.wait_ready(1, STEP_SECONDS)
            seen = demand.result()
        assert_all_good(seen)
        wait_for(lambda: not any(replicas(self.groups).values()), "the idle number", STEP_SECONDS)
        self.groups.wait_ready(0, STEP_SECONDS)
        return int(seen["good"])


def write_number(count: int) -> Act:
    def act(groups: Groups) -> None:
        name = f"statefulset/{groups.stateful_set(0)}"
        groups.release.kube.ok("scale", name, f"--replicas={count}")

    return act


def delete_pod(groups: Groups) -> None:
    """The last worker, whose name depends on the number of StatefulSets."""
    pods = wait_for(groups.release.pods, "a pod")
    groups.release.kube.run("delete", "pod", pods[-1]["metadata"]["name"], "--wait=false")


@pytest.fixture(scope="module")
def cyclers(module_release, clients, keda, tmp_path_factory) -> list[Cycler]:
    directory = tmp_path_factory.mktemp("profiles")
    first = module_release(RELEASES[0])
    acts: dict[str, tuple[Act, ...]] = {
        "one": (write_number(1), write_number(0)),
        "two": (write_number(SIZE + 1), lambda _: kill_operator(keda)),
        "three": (delete_pod, delete_pod),
        "roles": (delete_pod,),
    }
    made = []
    for name in RELEASES:
        release = replace(
            first, name=name, charts=first.charts / name, profile=profile(directory, name)
        )
        form = "{name}-{group}-leader" if name == "roles" else "{name}-{group}"
        groups = Groups(release, clients, SIZE, form)
        made.append(Cycler(groups, acts.get(name, ())))
    with ThreadPoolExecutor(len(made)) as threads:
        list(threads.map(lambda each: each.groups.release.install_ok(), made))
    return made


def profile(directory: Path, name: str) -> Path:
    """profiles/scaled.wings.yaml with one small group, and one pod as its door."""
    document: dict[str, Any] = YAML(typ="safe").load(PROFILES / "scaled.wings.yaml")
    document |= {"name": name, "nodes": SIZE, "parallelism": {"pipeline": SIZE}}
    document |= {"roles": ROLES} if name == "roles" else {}
    document["autoscaling"]["max"] = 1
    document["frontDoor"]["replicas"] = 1
    path = directory / f"{name}.wings.yaml"
    path.write_text(json.dumps(document), "utf-8")
    return path


def test_fifty_cycles_without_an_engine_in_a_part_of_a_group(cyclers, capsys):
    kube: Kube = cyclers[0].groups.release.kube
    with (
        WholeGroups(kube, dict.fromkeys(RELEASES, SIZE)) as watcher,
        ThreadPoolExecutor(len(cyclers)) as threads,
    ):
        answered = list(threads.map(Cycler.run, cyclers))
    assert watcher.faults == []
    assert watcher.starts >= SIZE * CYCLES * len(RELEASES)
    with capsys.disabled():
        print(f"\n{CYCLES} cycles each: answered {answered}, {watcher.starts} engines started")
