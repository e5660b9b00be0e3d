"""Breaks one group, waits until it serves again, and judges what its clients saw."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.cluster.group_faults import HANG_SECONDS, SIZE, Hit, Kind, Victim, status_of
from tests.cluster.kube import wait_for
from tests.cluster.pace import patience
from tests.cluster.prober import Fault, Prober, Record, describe
from tests.cluster.release import GATEWAY

HEALING_SECONDS = 120
"""The slowest by design: a pod is replaced, and the lease, stop and reserve of the one that went
(19 s) pass; a container that died twice is started by kubelet after 10 s, then after 20 s."""
LEASE_SECONDS = 12
SLACK_SECONDS = 1.0
"""For detection times: entrypoint, agent and peers each look several times a second."""


@dataclass
class Healed:
    """What became of a fault."""

    kind: Kind
    seconds: float | None
    """Until the group served again; none where the next fault came first."""


@dataclass
class Driver:
    """Breaks one group after a plan, and waits until it serves again."""

    victim: Victim
    prober: Prober
    plan: list[Kind]
    bursts: float = 0.0
    """How often the next fault comes while the group still heals."""
    faults: list[Fault] = field(default_factory=list)
    healed: list[Healed] = field(default_factory=list)
    agents_killed: dict[str, int] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    """Since the group served last."""

    def run(self) -> None:
        dice = self.victim.dice
        before = self._wait_until_served()
        for kind in self.plan:
            begin, is_alone = self._strike(kind), len(self.hits) == 1
            if kind is not self.plan[-1] and dice.random() < self.bursts:
                self.healed.append(Healed(kind, None))
                time.sleep(dice.uniform(0, 5))
                continue
            at, members = self._wait_until_served()
            self.healed.append(Healed(kind, at - begin))
            if kind.name == "agent killed" and is_alone and at - begin < LEASE_SECONDS:
                assert members == before[1], "the engines have to be adopted, not started again"
            before = at, members
            time.sleep(dice.uniform(0, 2.5))

    def judge(self) -> Record:
        """Ends the prober: /health was true, and no answer came from two generations."""
        record = Record.of(self.prober, self.faults)
        assert not record.lies(), describe(record)
        assert not record.mixed(SIZE), record.mixed(SIZE)
        assert record.longest_seconds < patience(HANG_SECONDS + LEASE_SECONDS), record.longest
        assert record.pairs > 10 * len(self.plan), "too few questions to prove anything"
        self.victim.release.wait_ready(SIZE)
        self._assert_only_killed_agents_restarted()
        return record

    def _strike(self, kind: Kind) -> float:
        """Until it hits something; the moment before it did."""
        end_of_trying = time.monotonic() + HEALING_SECONDS
        while True:
            begin = self.prober.mark()
            hit = kind.strike(self.victim)
            if hit:
                break
            assert time.monotonic() < end_of_trying, f"nothing there for: {kind.name}"
            time.sleep(0.5)
        detection = kind.detection + patience(SLACK_SECONDS) if kind.detection else 0.0
        self.faults.append(Fault(kind.name, begin, self.prober.mark(), detection))
        self.hits.append(hit)
        if hit.restart and hit.restart.kind == GATEWAY:
            pod = hit.restart.pod
            self.agents_killed[pod] = self.agents_killed.get(pod, 0) + 1
        return begin

    def _wait_until_served(self) -> tuple[float, list[str]]:
        for restart in [hit.restart for hit in self.hits if hit.restart]:
            wait_for(
                lambda one=restart: self.victim.is_restarted(one),
                f"the restart of {restart}", HEALING_SECONDS, every=1,
            )  # fmt: skip
        endings = [ending for hit in self.hits for ending in hit.endings]
        served = self.prober.served(HEALING_SECONDS, *endings)
        last = [fault.name for fault in self.faults[-len(self.hits) :]]
        assert served, f"no answer after {last}: {self.victim.release.story()}"
        self.hits.clear()
        return served

    def _assert_only_killed_agents_restarted(self) -> None:
        for pod in self.victim.release.pods():
            status = status_of(pod, GATEWAY)
            killed = self.agents_killed.get(pod["metadata"]["uid"], 0)
            assert status
            assert status["restartCount"] == killed, pod["metadata"]["name"]
