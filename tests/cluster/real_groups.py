"""A real engine over two pods: what runs in them, and what a witness sees of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.cluster.clients import CHAT, Clients
from tests.cluster.kube import wait_for
from tests.cluster.pace import patience
from tests.cluster.proofs.figures import Figures
from tests.cluster.release import ENGINE, Release, is_ready
from tests.cluster.witness import Seen, Witness

HEALING_SECONDS = 600
STALL_SECONDS = 15
_SETTINGS = {
    "WINGS_PROVEN_SECONDS": 1,  # a failure is the first one, whatever came before
    "WINGS_STALL_SECONDS": STALL_SECONDS,
    "WINGS_GROUP_LEASE_SECONDS": 20,  # a busy machine starts an agent again in more than 10 s
}
SETTINGS = [
    word for name, value in _SETTINGS.items() for word in ("--set", f"gateway.env.{name}={value}")
]
# What docs/reference/sidecar-contract.md promises, and a reserve for a machine that does much else.
DETECTION_SECONDS = 3 + 4
STALL_BOUND = STALL_SECONDS * 7 / 6 + 6 + 4
BREAK_SECONDS = 15  # not the 300 s after which vLLM gives up a collective operation
LONG, SHORT = 990, 100
PID = "$(sed -n 's/^pid: //p' /shared-volume/engine_status.txt)"


def fixtures_of(profile: str, before: str = "") -> tuple[Any, Any]:
    """Two fixtures of a module: the group of this profile, installed once, and the same while it
    serves. What the fixture `before` does comes first."""

    @pytest.fixture(scope="module")
    def installed(request: pytest.FixtureRequest, module_release) -> Release:
        if before:
            request.getfixturevalue(before)
        release = module_release(profile)
        release.apply_ok(*SETTINGS)
        return release

    @pytest.fixture
    def group(installed: Release, clients: Clients) -> Release:
        return await_serving(installed, clients)

    return installed, group


def await_serving(group: Release, clients: Clients) -> Release:
    """The release once it serves, with nothing of an earlier fault left."""
    group.wait_ready(2, limit=HEALING_SECONDS)
    wait_for(lambda: serves(group, clients), "an answer", HEALING_SECONDS)
    time.sleep(1.5)  # WINGS_PROVEN_SECONDS
    return group


def serves(group: Release, clients: Clients) -> bool:
    """Through the client Service."""
    return clients.try_post(f"{group.url}/v1/chat/completions", CHAT % 1) == 200


def pod_of(group: Release, index: int) -> str:
    return f"{group.name}-0-{index}"


def leader_url(group: Release) -> str:
    """Past the client Service, by the name that leads to the pod ready or not."""
    return f"http://{pod_of(group, 0)}.{group.name}-peers.{group.kube.namespace}:9000"


def hang(group: Release, index: int) -> None:
    """Stops every process of the engine that runs now, as if a device never answered.

    Of this engine and no later one: a hang at start is another event, with another deadline.
    """
    pid = facts(group, index)["pid"]
    group.exec(ENGINE, "sh", "-c", f"kill -s STOP -- -{pid}", pod=pod_of(group, index))


def note(figures: Figures, event: str, seen: Seen) -> None:
    """When it was noticed, and when the next answer came."""
    figures(f"{event}: noticed after", round(seen.noticed_after, 1), "s")
    figures(f"{event}: serves again after", round(seen.healed_after, 1), "s")


def facts(group: Release, index: int) -> dict[str, Any]:
    """Who runs in this pod: what changes when something is replaced, started again or adopted."""
    pod = group.kube.read("pod", pod_of(group, index))
    states = pod["status"]["containerStatuses"]
    status = group.exec(ENGINE, "cat", "/shared-volume/engine_status.txt", pod=pod_of(group, index))
    lines = dict(line.split(": ", 1) for line in status.splitlines() if ": " in line)
    stats = group.exec(
        ENGINE, "sh", "-c", "cat /proc/[0-9]*/stat 2>&1 || :", pod=pod_of(group, index)
    )
    fields = [line.rpartition(")") for line in stats.splitlines() if ")" in line]
    return {
        "uid": pod["metadata"]["uid"],
        "restarts": {each["name"]: each["restartCount"] for each in states},
        "generation": lines["launch"],
        "pid": lines["pid"],
        "processes": sorted(
            head.split()[0] for head, _, tail in fields if tail.split()[2] == lines["pid"]
        ),
    }


def has_healed(group: Release, before: dict[str, Any]) -> bool:
    """Both pods are Ready in another generation."""
    try:
        now = group.status(pod_of(group, 0))["group"]
    except AssertionError:  # no pod, or no container to ask in
        return False
    pods = group.pods()
    anew = now["phase"] == "run" and now["generation"] != before["generation"]
    return anew and len(pods) == 2 and all(map(is_ready, pods))


def watch(
    group: Release,
    clients: Clients,
    act: Callable[[], object],
    healed: Callable[[], bool],
    tokens: int = LONG,
) -> Seen:
    """Does something while a stream is open and the witness asks, and waits until it is healed."""
    with Witness(clients, leader_url(group), group.url, tokens) as witness:
        witness.do("stream")
        witness.do("begin")
        act()
        witness.do("done")
        wait_for(healed, "the healing", HEALING_SECONDS)
        witness.do("look")
        return witness.seen()


def hang_engine(group: Release, clients: Clients, index: int) -> Seen:
    """The engine of one pod hangs while a stream is open: lack of progress ends the generation."""
    before = facts(group, 0)
    seen = watch(group, clients, lambda: hang(group, index), lambda: has_healed(group, before))
    assert group.status(pod_of(group, 0))["group"]["last_end"]["kind"] == "stall"
    assert_broke(seen, patience(STALL_BOUND))
    assert seen.broke_after > STALL_SECONDS - 1
    seen.assert_honest(patience(STALL_BOUND))
    return seen


def assert_broke(seen: Seen, limit: float) -> None:
    """The stream that was open ended visibly, and soon."""
    (stream,) = seen.streams
    assert stream["pieces"] > 0
    assert not stream["done"], stream
    assert seen.broke_after < limit, stream


def kill_engines(group: Release, clients: Clients, who: Iterable[int]) -> Seen:
    """One generation ends with all its processes, another begins; no container restarts."""
    before = [facts(group, index) for index in (0, 1)]

    def kill() -> None:
        for index in who:
            group.exec(ENGINE, "sh", "-c", f"kill -9 {PID}", pod=pod_of(group, index))

    seen = watch(group, clients, kill, lambda: has_healed(group, before[0]))
    after = [facts(group, index) for index in (0, 1)]
    for old, new in zip(before, after, strict=True):
        assert (old["uid"], old["restarts"]) == (new["uid"], new["restarts"])
        assert not set(old["processes"]) & set(new["processes"])
    assert after[0]["generation"] == after[1]["generation"] != before[0]["generation"]
    assert group.status(pod_of(group, 0))["group"]["last_end"]["kind"] == "engine"
    assert_broke(seen, patience(BREAK_SECONDS))
    seen.assert_honest(patience(DETECTION_SECONDS))
    return seen
