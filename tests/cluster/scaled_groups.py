"""Groups that KEDA scales: what is wanted of them, and a demand to scale them by."""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.clients import CHAT, STREAM, Background, Clients
from tests.cluster.groups import Groups
from tests.cluster.kube import Kube, wait_for
from tests.cluster.whole_groups import GROUP

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
    """Requests through the client Service, as many at once as it is set to."""

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
    """KEDA's operator dies at once; Kubernetes starts another."""
    keda.ok("delete", "pod", "-l", "app=keda-operator", "--force", "--grace-period=0")


def write_number(groups: Groups, group: int, count: int) -> None:
    """As a person does who knows nothing of KEDA."""
    groups.release.kube.ok(
        "scale", f"statefulset/{groups.stateful_set(group)}", f"--replicas={count}"
    )


def is_pending(pod: dict[str, Any]) -> bool:
    """It has no place on a node, or does not run there yet."""
    return bool(pod["status"]["phase"] == "Pending")


def group_of(pod: dict[str, Any]) -> str:
    """Number of the pod's group."""
    return str(pod["metadata"]["labels"][GROUP])


def ask_at_once(groups: Groups, count: int, tokens: int) -> dict[str, Any]:
    """So many requests in one moment, and how each was answered: see programs/burst.py."""
    url = f"{groups.clients.reach(groups.release.url)}/v1/chat/completions"
    seen = json.loads(groups.clients.run("burst.py", url, count, CHAT % tokens))
    assert sum(seen["statuses"].values()) == count
    assert set(seen["statuses"]) <= {"200", "503"}, seen
    return dict(seen)


def tokens_made(groups: Groups, group: int) -> int:
    """By a group's engine since it started: what was sent twice, counts twice."""
    text = groups.release.page("/metrics", groups.leader(group))
    lines = [line for line in text.splitlines() if line.startswith("vllm:generation_tokens_total")]
    return int(float(lines[0].split()[-1]))
