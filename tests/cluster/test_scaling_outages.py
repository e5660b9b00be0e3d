"""Prometheus is away for two minutes: what runs goes on, unless a fallback says otherwise.

Four releases at once: two without a fallback, at zero and not, one with a fallback, and groups of
which the fallback starts the first two.

The cooldown is longer than the outage, as every default is. Once it is over, KEDA 2.21.0 may take a
look that failed for one that saw no demand, and end what runs: where the autoscaler's own question
fails at the same moment, it drops the error of the first (getScalerState skips what it calls a
closed cache). With a fallback that has to happen for a whole cooldown.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.cluster.conftest import apply
from tests.cluster.kube import Kube, wait_for
from tests.cluster.release import Release
from tests.cluster.scaled_pods import AUTOSCALER_SECONDS, POLLING, Watched, vary, watched
from tests.cluster.sources import EACH, Numbers, Source

AWAY_SECONDS = 120
SHORT, LONG = 15, 600
"""Seconds of cooldown: before and after the outage, where nobody shall wait for it; and in it."""
SIZE, GROUPS = 2, 3
STATED = 2
"""Pods, or groups, of the fallback."""
FALLBACK = {"failureThreshold": 4, "replicas": STATED}
# A Prometheus that has just started knows no number yet. That is no zero.
NO_SERIES_IS_A_FAILURE = {"ignoreNullValues": "false"}


@dataclass(frozen=True)
class Outage:
    """When it began and ended, and what was seen of each release until it was over for all."""

    seen: dict[str, Watched]
    began: float
    ended: float


@pytest.fixture(scope="module")
def outage(keda, module_release) -> Iterator[Outage]:
    first = module_release("first")
    numbers = start_sources(first.kube)
    releases = make_releases(first, numbers)
    with ExitStack() as stack, ThreadPoolExecutor(len(releases)) as threads:
        seen = {}
        for name in releases:
            kind = "statefulsets" if name == "groups" else "deployments"
            seen[name] = stack.enter_context(watched(first.kube, name, kind))
        list(threads.map(lambda each: each.install_ok(), releases.values()))
        wait_until_settled(seen)
        cool_down(releases, LONG)
        began = time.monotonic()
        scale(first.kube, 0)
        numbers.set("asleep", 2 * EACH)
        wait_for_fallback(seen)
        time.sleep(max(0.0, began + AWAY_SECONDS - time.monotonic()))
        ended = time.monotonic()
        scale(first.kube, 1)
        cool_down(releases, SHORT)
        wait_until_over(seen)
        yield Outage(seen, began, ended)


def start_sources(kube: Kube) -> Numbers:
    for name in ("numbers", "prometheus"):
        apply(kube, f"{name}.yaml")
    for name in ("numbers", "prometheus"):
        Source(kube, name).wait()
    return Numbers(kube)


def make_releases(first: Release, numbers: Numbers) -> dict[str, Release]:
    """Each with a number of its own in Prometheus."""

    def make(name: str, demand: int, **more: object) -> Release:
        asked = numbers.by_prometheus(name, **NO_SERIES_IS_A_FAILURE)
        asked.set(demand)
        base = more.pop("base", "queue")
        fixed = {"frontDoor": False, "replicas": None} if base == "turns" else {}
        scaling = {"triggers": asked.triggers, "min": 0, "max": GROUPS, **more}
        return vary(first, name, base=str(base), autoscaling=scaling, **fixed)

    timing = {"pollingSeconds": POLLING, "cooldownSeconds": SHORT}
    return {
        "asleep": make("asleep", 0, **timing),
        "awake": make("awake", 2 * EACH, **timing),
        "spare": make("spare", 0, **timing, fallback=FALLBACK),
        "groups": make("groups", 0, **timing, fallback=FALLBACK, base="turns"),
    }


def scale(kube: Kube, count: int) -> None:
    kube.ok("scale", "deploy/prometheus", f"--replicas={count}")
    pods = ["get", "pod", "-l", "app=prometheus", "-o", "name"]
    if count:
        Source(kube, "prometheus").wait()
    else:
        wait_for(lambda: not kube.ok(*pods), "the end of Prometheus")


def cool_down(releases: dict[str, Release], seconds: int) -> None:
    for each in releases.values():
        each.upgrade_ok("--set", f"autoscaling.cooldownSeconds={seconds}")


def wait_until_settled(seen: dict[str, Watched]) -> None:
    for name, count in (("awake", 2), ("asleep", 0), ("spare", 0), ("groups", 0)):
        wait_for_numbers(name, seen[name], count)


def wait_for_fallback(seen: dict[str, Watched]) -> None:
    for name in ("spare", "groups"):
        wait_for_numbers(name, seen[name], STATED)


def wait_until_over(seen: dict[str, Watched]) -> None:
    """Every release has what its number says; some looks later still."""
    for name, count in (("asleep", 2), ("spare", 0), ("groups", 0)):
        wait_for_numbers(name, seen[name], count)
    time.sleep(2 * AUTOSCALER_SECONDS)
    for name, each in seen.items():
        for group in range(GROUPS) if name == "groups" else (None,):
            each.catch_up(group)


def wait_for_numbers(name: str, seen: Watched, count: int) -> None:
    """So many pods, or the lowest groups, and all of them Ready."""
    if name != "groups":
        seen.wait_for_replicas(count)
        seen.wait_for_pods(count)
        return
    for group in range(GROUPS):
        seen.wait_for_replicas(SIZE if group < count else 0, group)
    seen.wait_for_pods(count * SIZE)


def test_without_a_fallback_nothing_changes(outage):
    assert outage.seen["awake"].replicas(outage.began) == [2]
    while_away = [
        each for each in outage.seen["asleep"].workloads.of("asleep")
        if outage.began < each.at < outage.ended and each.thing["spec"]["replicas"]
    ]  # fmt: skip
    assert while_away == []


def test_demand_that_came_meanwhile_is_seen_afterwards(outage, capsys):
    seen = outage.seen["asleep"]
    assert seen.replicas(outage.ended) == [0, 1, 2]
    tell(capsys, "demand seen", seen.wait_for_replicas(2) - outage.ended, "after the return began")


def test_the_fallback_runs_what_it_states(outage, capsys):
    seen = outage.seen["spare"]
    assert seen.replicas(outage.began) == [0, 1, STATED, 0]
    first = next(
        each.at for each in seen.workloads.of("spare")
        if each.at > outage.began and each.thing["spec"]["replicas"]
    )  # fmt: skip
    tell(capsys, "fallback began", first - outage.began, "after the outage did")
    tell(
        capsys, "fallback ended", seen.wait_for_replicas(0) - outage.ended, "after the return began"
    )


def test_the_fallback_starts_the_first_groups_whole(outage):
    seen = outage.seen["groups"]
    told = [seen.replicas(outage.began, group) for group in range(GROUPS)]
    assert told == [[0, SIZE, 0]] * STATED + [[0]] * (GROUPS - STATED)


def tell(capsys: pytest.CaptureFixture[str], what: str, seconds: float, since: str) -> None:
    with capsys.disabled():
        print(f"\n{what} {seconds:.1f} s {since}")
