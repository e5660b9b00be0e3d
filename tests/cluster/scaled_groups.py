"""Groups that KEDA scales: what is wanted of them, and a demand to scale them by."""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.clients import STREAM, Background, Clients
from tests.cluster.groups import Groups
from tests.cluster.kube import Kube, wait_for

STEP_SECONDS = 120
"""For KEDA to look, pods to start and a group to form, or to finish and go; on a busy machine."""


def replicas(groups: Groups) -> dict[str, int]:
    """How many pods KEDA wants, by StatefulSet."""
    mine = f"app.kubernetes.io/instance={groups.release.name}"
    sets = groups.release.kube.items("statefulset", mine)
    return {each["metadata"]["name"]: int(each["spec"]["replicas"]) for each in sets}


def wait_groups(groups: Groups, count: int, limit: float = STEP_SECONDS) -> None:
    """Wait until KEDA wants the lowest `count` groups, and they and no other pods are Ready."""
    names = [groups.stateful_set(group) for group in range(len(replicas(groups)))]
    wanted = {name: groups.size if index < count else 0 for index, name in enumerate(names)}
    wait_for(lambda: replicas(groups) == wanted, f"{wanted}", limit, every=0.5)
    groups.wait_ready(count, limit)


class Demand:
    """Requests through the client Service, as many at once as told."""

    def __init__(self, clients: Clients, url: str, tokens: int = 40) -> None:
        body, url = STREAM % tokens, f"{clients.reach(url)}/v1/chat/completions"
        self._program = Background(clients, "demand.py", url, body)
        assert self._program.first_line == "started"

    def __enter__(self) -> Demand:
        return self

    def __exit__(self, *error: object) -> None:
        self._program.__exit__(*error)

    def set(self, count: int) -> None:
        """From now on so many; those that are too many finish what they have."""
        pipes = self._program.process
        assert pipes.stdin
        assert pipes.stdout
        pipes.stdin.write(f"{count}\n")
        pipes.stdin.flush()
        assert pipes.stdout.readline().strip() == f"now {count}"

    def result(self) -> dict[str, Any]:
        """What became of all requests, once the last one has ended."""
        return dict(self._program.result())


def assert_all_good(seen: dict[str, Any]) -> None:
    """Every stream came to its end."""
    assert seen["requests"] == seen["good"] > 0, json.dumps(seen, indent=1)
    assert not seen["bad"]


def kill_operator(keda: Kube) -> None:
    """KEDA's operator dies without a word; Kubernetes starts another."""
    keda.ok("delete", "pod", "-l", "app=keda-operator", "--force", "--grace-period=0")
