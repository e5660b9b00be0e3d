"""From zero to what a source says and back, by further kinds of sources; and a pod that loads.

All releases at once, each with a source's corner of its own. quick/test_scaling.py has the others.
"""

from __future__ import annotations

import time

from tests.cluster import sources
from tests.cluster.kube import wait_for
from tests.cluster.pace import patience
from tests.cluster.release import Release, is_ready
from tests.cluster.scaled_pods import Watched, vary, watched
from tests.cluster.source_stories import follow, follow_hours, start_sources
from tests.cluster.sources import Numbers
from tests.cluster.stories import Step, all_at_once

COVERS = (
    "chart-templates/alone", "chart-templates/autoscaling", "chart-templates/core",
    "chart-templates/sidecar", "chart-templates/storage", "chart-templates/tests",
    "sidecar/wings_infer",
)  # fmt: skip
LOAD_SECONDS, SLOW_COOLDOWN = 40, 60


def test_pods_follow_their_sources(keda, module_release, figures):
    first = module_release("first")
    start_sources(first.kube, ("numbers", "prometheus", "redis"))
    numbers = Numbers(first.kube)
    queries = numbers.by_prometheus("by-query")
    entries = sources.redis_stream(first.kube, "entries")
    all_at_once({
        "a query to Prometheus": lambda: follow(first, "by-query", queries),
        "entries of a Redis stream": lambda: follow(first, "by-stream", entries),
        "hours": lambda: follow_hours(first),
        "a pod that loads": lambda: stay_while_loading(first),
    })  # fmt: skip
    figures("releases that followed a source", 3)


def stay_while_loading(first: Release) -> None:
    """Demand that is gone while the pod still loads."""
    demand = sources.redis_list(first.kube, "slow")
    demand.set(0)
    scaling = {"triggers": demand.triggers, "cooldownSeconds": round(patience(SLOW_COOLDOWN))}
    release = vary(first, "slow", autoscaling=scaling)
    with watched(release.kube, release.name) as seen:
        with Step("an install without demand"):
            release.apply_ok("--set", f"engine.env.FAKE_LOAD_SECONDS={LOAD_SECONDS}")
            seen.wait_for_replicas(0)
            seen.wait_for_pods(0)
        with Step("demand, and none when the pod has loaded half"):
            asked = time.monotonic()
            demand.set(1)
            woken = seen.wait_for_replicas(1)
            time.sleep(LOAD_SECONDS / 2)
            stopped = time.monotonic()
            demand.set(0)
        with Step("the pod gets ready all the same, and goes after the cooldown"):
            ready = wait_for(lambda: first_ready(seen, woken), "a ready pod")
            gone = seen.wait_for_replicas(0)
            assert ready - woken > LOAD_SECONDS, "it was loading when demand ended"
            assert ready < gone
            assert gone - stopped > SLOW_COOLDOWN / 2
            assert seen.replicas(since=asked) == [0, 1, 0]


def first_ready(seen: Watched, since: float) -> float:
    """When a pod became ready that is not on its way out; 0 where none has."""
    ready = (
        each.at
        for each in list(seen.pods.seen)
        if each.at > since and is_ready(each.thing)
        and "deletionTimestamp" not in each.thing["metadata"]
    )  # fmt: skip
    return next(ready, 0.0)
