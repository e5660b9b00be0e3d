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
from contextlib import AbstractContextManager, ExitStack

from tests.cluster.kube import Kube, wait_for
from tests.cluster.release import Release
from tests.cluster.scaled_pods import AUTOSCALER_SECONDS, Watched, vary, watched
from tests.cluster.source_stories import start_sources
from tests.cluster.sources import EACH, Numbers, Source
from tests.cluster.stories import Step, all_at_once

COVERS = (
    "chart-templates/alone", "chart-templates/autoscaling", "chart-templates/core",
    "chart-templates/leader-worker", "chart-templates/sidecar", "chart-templates/storage",
    "chart-templates/tests", "sidecar/wings_infer",
)  # fmt: skip

AWAY_SECONDS = 120
POLLING = 2
SHORT, LONG = 15, 600
"""Seconds of cooldown: before and after the outage, where the test waits for it; and in it."""
SIZE, GROUPS = 2, 3
STATED = 2
"""Pods, or groups, of the fallback."""
FALLBACK = {"failureThreshold": 4, "replicas": STATED}
# A Prometheus that has just started knows no number yet. That is no zero.
NO_SERIES_IS_A_FAILURE = {"ignoreNullValues": "false"}


def test_an_outage_of_two_minutes(keda, module_release, figures):
    first = module_release("first")
    start_sources(first.kube, ("numbers", "prometheus"))
    numbers = Numbers(first.kube)
    releases = make_releases(first, numbers)
    with ExitStack() as stack:
        seen = {name: stack.enter_context(observe(first.kube, name)) for name in releases}
        with Step("releases with and without demand"):
            all_at_once({name: each.apply_ok for name, each in releases.items()})
            wait_until_settled(seen)
            cool_down(releases, LONG)
        with Step("the outage"):
            began = time.monotonic()
            scale(first.kube, 0)
            numbers.set("asleep", 2 * EACH)
            wait_for_fallback(seen)
            time.sleep(max(0.0, began + AWAY_SECONDS - time.monotonic()))
            ended = time.monotonic()
            without_a_fallback_nothing_changes(seen, began)
        with Step("the return"):
            scale(first.kube, 1)
            seen["asleep"].wait_for_replicas(2)
            wait_for_a_look(first.kube, "awake")
            cool_down(releases, SHORT)
            wait_until_over(seen)
            assert seen["awake"].replicas(began) == [2]
            assert seen["asleep"].replicas(ended) == [0, 1, 2], "demand that came meanwhile"
            the_fallback_ran_what_it_states(seen, began)
        figures("outage", AWAY_SECONDS, "s")
        figures("fallback began after", round(first_start(seen["spare"], began) - began, 1), "s")
        back = seen["asleep"].wait_for_replicas(2) - ended
        figures("demand seen after the return began", round(back, 1), "s")


def observe(kube: Kube, name: str) -> AbstractContextManager[Watched]:
    return watched(kube, name, "statefulsets" if name == "groups" else "deployments")


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


def wait_for_a_look(kube: Kube, name: str) -> None:
    """Until KEDA has seen the demand of a release again: else it is over its cooldown at once."""

    def last_active() -> str:
        return str(kube.read("scaledobject", name)["status"]["lastActiveTime"])

    before = last_active()
    wait_for(lambda: last_active() != before, f"demand of {name}")


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


def without_a_fallback_nothing_changes(seen: dict[str, Watched], began: float) -> None:
    for name in ("awake", "asleep"):
        seen[name].catch_up()
    assert seen["awake"].replicas(began) == [2]
    assert seen["asleep"].replicas(began) == [0]


def the_fallback_ran_what_it_states(seen: dict[str, Watched], began: float) -> None:
    """Pods, and the first groups, each as a whole."""
    assert seen["spare"].replicas(began) == [0, 1, STATED, 0]
    numbers = [seen["groups"].replicas(began, group) for group in range(GROUPS)]
    assert numbers == [[0, SIZE, 0]] * STATED + [[0]] * (GROUPS - STATED)


def first_start(seen: Watched, since: float) -> float:
    """When a release that slept was given its first pod."""
    return next(
        each.at
        for each in seen.workloads.of(seen.name)
        if each.at > since and each.thing["spec"]["replicas"]
    )
