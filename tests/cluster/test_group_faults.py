"""A hundred faults in random order and timing: groups heal without a hand, and tell the truth.

Each group is a release of its own: groups of one release take turns, and one's faults would delay
another's. A fault may come while the group still heals from the last. WINGS_FAULTS_SEED repeats the
order and the pauses of an earlier run (what they meet depends on the machine), WINGS_FAULTS_COUNT
makes it longer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from random import Random
from statistics import median

import pytest

from tests.cluster.group_faults import (
    HANG_SECONDS,
    IMPATIENT,
    SIZE,
    Hit,
    Kind,
    Victim,
    draw,
    settings,
    status_of,
)
from tests.cluster.kube import wait_for
from tests.cluster.prober import Fault, Prober, Record, describe
from tests.cluster.release import GATEWAY, PROFILES, Release

GROUPS = 4
COUNT = int(os.environ.get("WINGS_FAULTS_COUNT") or 100)
SEED = int(os.environ.get("WINGS_FAULTS_SEED") or time.time_ns() % 1_000_000)
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
    faults: list[Fault] = field(default_factory=list)
    healed: list[Healed] = field(default_factory=list)
    agents_killed: dict[str, int] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)
    """Since the group served last."""

    def run(self) -> None:
        dice = self.victim.dice
        before = self.wait_until_served()
        for kind in self.plan:
            begin, is_alone = self.strike(kind), len(self.hits) == 1
            if kind is not self.plan[-1] and dice.random() < 0.25:
                self.healed.append(Healed(kind, None))
                time.sleep(dice.uniform(0, 5))
                continue
            at, members = self.wait_until_served()
            self.healed.append(Healed(kind, at - begin))
            if kind.name == "agent killed" and is_alone and at - begin < LEASE_SECONDS:
                assert members == before[1], "the engines have to be adopted, not started again"
            before = at, members
            time.sleep(dice.uniform(0, 2.5))

    def strike(self, kind: Kind) -> float:
        """Until it hits something; the moment before it did."""
        end_of_trying = time.monotonic() + HEALING_SECONDS
        while True:
            begin = self.prober.mark()
            hit = kind.strike(self.victim)
            if hit:
                break
            assert time.monotonic() < end_of_trying, f"nothing there for: {kind.name}"
            time.sleep(0.5)
        detection = kind.detection + SLACK_SECONDS if kind.detection else 0.0
        self.faults.append(Fault(kind.name, begin, self.prober.mark(), detection))
        self.hits.append(hit)
        if hit.restart and hit.restart.kind == GATEWAY:
            pod = hit.restart.pod
            self.agents_killed[pod] = self.agents_killed.get(pod, 0) + 1
        return begin

    def wait_until_served(self) -> tuple[float, list[str]]:
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


@pytest.fixture(scope="module")
def groups(module_release) -> list[Release]:
    profile = PROFILES / "fake-group.wings.yaml"
    named = [module_release(f"faults-{number}", profile) for number in range(GROUPS)]
    # Charts have the profile's name: each release needs a folder of its own.
    made = [replace(one, charts=one.charts / one.name) for one in named]
    with ThreadPoolExecutor() as beside:
        list(beside.map(lambda one: one.install_ok(*settings(IMPATIENT)), made))
    return made


@pytest.fixture
def drivers(groups, clients, seen_node) -> Iterator[list[Driver]]:
    """The plan is dealt in turn, so that no group gets all of a kind."""
    deck = draw(COUNT, Random(SEED), can_reach_node=seen_node is not None)
    with ExitStack() as stack:
        yield [
            Driver(
                Victim(group, seen_node, Random(f"{SEED} {number}")),
                stack.enter_context(Prober(clients, group)),
                deck[number::GROUPS],
            )
            for number, group in enumerate(groups)
        ]


def test_groups_heal_from_a_hundred_faults(drivers, capsys):
    with capsys.disabled():
        print(f"\n{COUNT} faults in {GROUPS} groups of {SIZE}, WINGS_FAULTS_SEED={SEED}")
    with ThreadPoolExecutor() as beside:
        for done in [beside.submit(driver.run) for driver in drivers]:
            done.result()
    records = [Record.of(driver.prober, driver.faults) for driver in drivers]
    with capsys.disabled():
        print(table(drivers, records))
    assert sum(len(driver.healed) for driver in drivers) == COUNT
    for driver, record in zip(drivers, records, strict=True):
        assert not record.lies(), describe(record)
        assert not record.mixed(SIZE), record.mixed(SIZE)
        assert record.longest_seconds < HANG_SECONDS + LEASE_SECONDS, record.longest
        assert record.pairs > 10 * len(driver.plan), "too few questions to prove anything"
        driver.victim.release.wait_ready(SIZE)
        assert_only_killed_agents_restarted(driver)


def assert_only_killed_agents_restarted(driver: Driver) -> None:
    for pod in driver.victim.release.pods():
        status = status_of(pod, GATEWAY)
        killed = driver.agents_killed.get(pod["metadata"]["uid"], 0)
        assert status
        assert status["restartCount"] == killed, pod["metadata"]["name"]


def table(drivers: list[Driver], records: list[Record]) -> str:
    """Seconds from the fault until a chat was answered, and until /health knew."""
    healed = [one for driver in drivers for one in driver.healed]
    lines = [
        f"{'fault':28}{'count':>6}{'in bursts':>10}{'median':>8}{'worst':>8}{'untrue for':>12}"
    ]
    for kind in dict.fromkeys(one.kind.name for one in sorted(healed, key=lambda h: h.kind.name)):
        mine = [one.seconds for one in healed if one.kind.name == kind]
        waited = sorted(one for one in mine if one is not None)
        middle, worst = (median(waited), waited[-1]) if waited else (0, 0)
        untrue = max(record.detection(kind) for record in records)
        burst = len(mine) - len(waited)
        lines.append(f"{kind:28}{len(mine):6}{burst:10}{middle:8.1f}{worst:8.1f}{untrue:12.1f}")
    pairs, late = sum(one.pairs for one in records), max(one.late for one in records)
    untrue = sum(len(one.untrue()) for one in records)
    lines.append(f"{pairs} questions, {untrue} times /health said 200 before a chat failed;")
    longest = max(one.longest_seconds for one in records)
    lines.append(f"the longest answer took {longest:.1f} s; the machine was late by {late:.1f} s")
    return "\n".join(lines)
