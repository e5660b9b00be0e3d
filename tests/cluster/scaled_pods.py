"""Releases that KEDA scales: their profiles, and what became of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ruamel.yaml import YAML

from tests.cluster.changes import Change, Changes
from tests.cluster.kube import Kube, wait_for
from tests.cluster.release import ENGINE, PROFILES, Release, is_ready

POLLING, COOLDOWN = 1, 10
"""Seconds, as profiles/queue.wings.yaml has them."""
AUTOSCALER_SECONDS = 5
"""How often the harness's HorizontalPodAutoscalers look."""


def vary(first: Release, name: str, *, base: str = "queue", **changes: Any) -> Release:
    """A release of a profile like profiles/BASE.wings.yaml; None takes a section away.

    What `autoscaling` and `frontDoor` have is changed key by key.
    """
    profile = YAML(typ="safe").load(PROFILES / f"{base}.wings.yaml")
    for key in ("autoscaling", "frontDoor"):
        if isinstance(changes.get(key), dict):
            changes[key] = (profile.get(key) or {}) | changes[key]
    profile = {key: value for key, value in (profile | changes).items() if value is not None}
    place = first.charts / name
    place.mkdir(exist_ok=True)
    path = place / f"{len(list(place.iterdir()))}.wings.yaml"
    path.write_text(json.dumps(profile | {"name": name}), "utf-8")
    return replace(first, name=name, charts=place / path.name.split(".")[0], profile=path)


@contextmanager
def watched(kube: Kube, name: str, kind: str = "deployments") -> Iterator[Watched]:
    """All that happens to the workloads and engine pods of a release, which need not exist yet."""
    mine = f"app.kubernetes.io/instance%3D{name},app.kubernetes.io/component%3Dengine"
    with (
        Changes(kube, f"apis/apps/v1/{kind}", mine) as workloads,
        Changes(kube, "api/v1/pods", mine) as pods,
    ):
        yield Watched(name, workloads, pods)


@dataclass(frozen=True)
class Watched:
    """A release; of groups each StatefulSet is named by its number, a Deployment by nothing."""

    name: str
    workloads: Changes
    pods: Changes

    def replicas(self, since: float = 0, group: int | None = None) -> list[int]:
        """The numbers of a workload, one after another."""
        return self.workloads.replicas(self._workload(group), since)

    def wait_for_replicas(self, number: int, group: int | None = None, limit: float = 120) -> float:
        """When a workload was given so many."""
        return self.workloads.wait_for_replicas(self._workload(group), number, limit)

    def wait_for_more_than(self, number: int) -> None:
        """Until a Deployment was given more: the next number may follow before one has looked."""
        what = f"more than {number} replicas of {self.name}"
        wait_for(lambda: self.replicas()[-1:] > [number], what, 120)

    def catch_up(self, group: int | None = None) -> None:
        """Until all that has happened to a workload was read."""
        self.workloads.catch_up(self._workload(group))

    def wait_for_pods(self, count: int, limit: float = 180) -> None:
        """Until so many pods are there, all Ready, and none is on its way out."""
        what = f"{count} ready pods of {self.name}, and no other"
        wait_for(lambda: self._ready() == count == len(self.pods.living()), what, limit)

    def pod_names(self) -> list[str]:
        """Of those that are there."""
        return sorted(str(each["metadata"]["name"]) for each in self.pods.living())

    def lives(self) -> list[str]:
        """Of each pod so far, how long it was wanted, and whether its engine's container ran."""
        found = []
        for name in dict.fromkeys(each.name for each in list(self.pods.seen)):
            changes = self.pods.of(name)
            over = (each.at for each in changes if "deletionTimestamp" in each.thing["metadata"])
            seconds = next(over, time.monotonic()) - changes[0].at
            ran = "ran" if any(map(_engine_ran, changes)) else "did not run"
            found.append(f"{name} wanted for {seconds:.1f} s, its engine's container {ran}")
        return found

    def _ready(self) -> int:
        pods = self.pods.living()
        return sum(is_ready(each) and "deletionTimestamp" not in each["metadata"] for each in pods)

    def _workload(self, group: int | None) -> str:
        return self.name if group is None else f"{self.name}-{group}"


def _engine_ran(change: Change) -> bool:
    statuses = change.thing["status"].get("containerStatuses", [])
    states = [each["state"] for each in statuses if each["name"].endswith(ENGINE)]
    return any("running" in each or each.get("terminated", {}).get("startedAt") for each in states)
