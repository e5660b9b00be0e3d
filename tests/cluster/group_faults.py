"""Ways to break a group, each done to its pods from outside, unknown to its agents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.cluster.node import Node
from tests.cluster.release import ENGINE, GATEWAY, Release

SIZE = 3
STALL_SECONDS = 6
FAIL_FILE = "/tmp/fail-once"
SETTINGS = {
    "engine.env.FAKE_TELL_LAUNCH": 1,
    "engine.env.FAKE_FAIL_FILE": FAIL_FILE,
    # Many groups on one node, which has fewer devices.
    r"engine.resources.limits.nvidia\.com/gpu": "null",
    r"engine.resources.requests.nvidia\.com/gpu": "null",
}
IMPATIENT = {
    "gateway.env.WINGS_STALL_SECONDS": STALL_SECONDS,
    # A fault must look like the first one, whatever came before; within a burst it does not.
    "gateway.env.WINGS_PROVEN_SECONDS": 1,
}
# Does something to the engine's process, where there is one, and prints whose it was.
_TO_ENGINE = """
of() { sed -n "s/^$1: //p" /shared-volume/engine_status.txt; }
pid=$(of pid) launch=$(of launch)
case $pid in ''|none) exit 0 ;; esac
%s || exit 0
echo "$launch@$POD_IP"
"""
KILL, HANG, EAT, LOOK = "kill -KILL $pid", "kill -STOP $pid", "kill -USR1 $pid", ":"


@dataclass(frozen=True)
class Restart:
    """A container that kubelet starts again."""

    index: int
    pod: str
    kind: str
    before: int
    """How often it was started again until now."""


@dataclass(frozen=True)
class Hit:
    """What a fault broke: answers of members whose names end like this are over."""

    endings: tuple[str, ...] = ()
    restart: Restart | None = None


@dataclass(frozen=True)
class Victim:
    """One group, and the dice that choose its pods to hit."""

    release: Release
    node: Node | None
    dice: Random
    engine: str
    """Name of the engine's container."""

    def to_engines(self, indices: Iterable[int], command: str) -> Hit | None:
        """At once; None where no engine ran."""
        with ThreadPoolExecutor() as beside:
            found = tuple(filter(None, beside.map(lambda i: self._to_engine(i, command), indices)))
        return Hit(found) if found else None

    def delete(self, index: int, *how: str) -> Hit | None:
        """None while the pod is not there, or on its way out."""
        pod = self.pods().get(index)
        if pod is None or not pod["status"].get("podIP"):
            return None
        self.release.kube.ok("delete", "pod", pod["metadata"]["name"], "--wait=false", *how)
        return Hit((f"@{pod['status']['podIP']}",))

    def kill_container(self, kind: str) -> Hit | None:
        """Where kubelet makes it wait least: the one of its kind with the fewest restarts."""
        running = [
            (status["restartCount"], self.dice.random(), index, pod["metadata"]["uid"], status)
            for index, pod in self.pods().items()
            if (status := status_of(pod, kind)) and "running" in status["state"]
        ]
        if self.node is None or not running:
            return None
        count, _, index, uid, status = min(running, key=lambda one: one[:2])
        lost = (self._to_engine(index, LOOK),) if kind == ENGINE else ()
        try:
            self.node.kill_first_process(status["containerID"])
        except (AssertionError, ProcessLookupError):  # it has just ended
            return None
        return Hit(tuple(filter(None, lost)), Restart(index, uid, kind, count))

    def is_restarted(self, restart: Restart) -> bool:
        """Or the pod was deleted meanwhile."""
        pod = self.pods().get(restart.index)
        if pod is None or pod["metadata"]["uid"] != restart.pod:
            return pod is not None
        status = status_of(pod, restart.kind)
        return bool(
            status and status["restartCount"] > restart.before and "running" in status["state"]
        )

    def pods(self) -> dict[int, dict[str, Any]]:
        """Those that are not on their way out, by their index."""
        pods = {pod["metadata"]["name"]: pod for pod in self.release.pods()}
        return {i: pods[name] for i in range(SIZE) if (name := self._name(i)) in pods}

    def _name(self, index: int) -> str:
        return f"{self.release.name}-0-{index}"

    def _to_engine(self, index: int, command: str) -> str:
        """RANK:LAUNCH@ADDRESS of the engine that was hit; empty where none ran."""
        where = [self._name(index), "-c", self.engine, "--", "sh", "-c", _TO_ENGINE % command]
        printed = self.release.kube.run("exec", *where).stdout.strip()
        return f"{index}:{printed}" if printed else ""


def status_of(pod: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """Of its container of this kind; none while kubelet has reported nothing."""
    found = pod["status"].get("containerStatuses", [])
    return next((dict(each) for each in found if each["name"].endswith(kind)), None)


def anybody(victim: Victim) -> int:
    return victim.dice.randrange(SIZE)


def a_worker(victim: Victim) -> int:
    return victim.dice.randrange(1, SIZE)


def some(victim: Victim) -> list[int]:
    """Two or all."""
    return victim.dice.sample(range(SIZE), victim.dice.randint(2, SIZE))


@dataclass(frozen=True)
class Kind:
    """One way, and how often in a hundred; `detection`: /health must know after so many seconds."""

    name: str
    count: int
    detection: float
    strike: Callable[[Victim], Hit | None]


PEER_SECONDS = 3.0
"""The default time after which a dead peer is known."""
HANG_SECONDS = STALL_SECONDS + 2 * (STALL_SECONDS / 12 + PEER_SECONDS)
"""A sample comes twelve times in that time, and waits so long for a frozen engine's metrics."""
KINDS = [
    Kind("leader's engine killed", 12, PEER_SECONDS, lambda v: v.to_engines([0], KILL)),
    Kind("a worker's engine killed", 12, PEER_SECONDS, lambda v: v.to_engines([a_worker(v)], KILL)),
    Kind("engines killed at once", 10, PEER_SECONDS, lambda v: v.to_engines(some(v), KILL)),
    Kind("engine fails at next start", 10, PEER_SECONDS,
         lambda v: v.to_engines([anybody(v)], f"touch {FAIL_FILE} && {KILL}")),
    Kind("engine out of memory", 10, PEER_SECONDS, lambda v: v.to_engines([anybody(v)], EAT)),
    Kind("engine hangs", 10, HANG_SECONDS, lambda v: v.to_engines([anybody(v)], HANG)),
    Kind("engine's container killed", 10, PEER_SECONDS, lambda v: v.kill_container(ENGINE)),
    Kind("agent killed", 12, PEER_SECONDS, lambda v: v.kill_container(GATEWAY)),
    Kind("pod deleted", 8, 0.0, lambda v: v.delete(anybody(v))),
    Kind("pod deleted by force", 6, PEER_SECONDS,
         lambda v: v.delete(anybody(v), "--force", "--grace-period=0")),
]  # fmt: skip
ON_THE_NODE = {"engine's container killed", "agent killed"}


def settings(more: dict[str, int] | None = None) -> list[str]:
    """For helm."""
    pairs = (SETTINGS | (more or {})).items()
    return [word for key, value in pairs for word in ("--set", f"{key}={value}")]


def draw(count: int, dice: Random, *, can_reach_node: bool) -> list[Kind]:
    """So many, in the proportions of KINDS, in random order."""
    kinds = [one for one in KINDS if can_reach_node or one.name not in ON_THE_NODE]
    deck = [one for one in kinds for _ in range(one.count)]
    while len(deck) < count:
        deck += dice.sample(deck, min(len(deck), count - len(deck)))
    deck = deck if count >= len(deck) else dice.sample(deck, count)
    dice.shuffle(deck)
    return deck
