"""From zero to what a source says and back, by every kind of source that runs here.

All releases at once, each with a thread and a source's corner of its own. Kafka is no Apache
Kafka: see tools/go/kafka.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cluster import sources
from tests.cluster.clients import CHAT, Background, Clients
from tests.cluster.conftest import apply
from tests.cluster.kube import wait_for
from tests.cluster.release import Release, is_ready
from tests.cluster.scaled_pods import AUTOSCALER_SECONDS, COOLDOWN, POLLING, Watched, vary, watched
from tests.cluster.sources import EACH, Demand, Numbers, Source

AWAKE = threading.Semaphore(3)
"""So many of these releases have pods at a time: the machine is small."""
LOAD_SECONDS, SLOW_COOLDOWN = 40, 60
SOURCES = ("numbers", "prometheus", "redis", "rabbitmq", "kafka")
CASES: dict[str, Callable[[Release], Demand]] = {
    "prometheus": lambda first: Numbers(first.kube).by_prometheus("prometheus"),
    "redis": lambda first: sources.redis_list(first.kube, "jobs"),
    "redis-streams": lambda first: sources.redis_stream(first.kube, "entries"),
    "rabbitmq": lambda first: sources.rabbitmq_queue(first.kube, "jobs"),
    "kafka": lambda first: sources.kafka_lag(first.kube),
}


@dataclass
class Story:
    """What the Deployment was told, and when."""

    installed: list[int] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    """The pods before there was any demand, in words."""
    woken: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


@pytest.fixture(scope="module")
def stories(keda, module_release, clients) -> Iterator[dict[str, Future[Story]]]:
    """Every release on its way."""
    first = module_release("first")
    for name in SOURCES:
        apply(first.kube, f"{name}.yaml")
    for name in SOURCES:
        Source(first.kube, name).wait()
    with ThreadPoolExecutor(len(CASES) + 3) as threads:
        started = {name: threads.submit(by_source, first, name) for name in CASES}
        started["cron"] = threads.submit(by_hours, first)
        started["engines"] = threads.submit(by_engines, first, clients)
        started["slow"] = threads.submit(slow_start, first)
        yield started


def by_source(first: Release, name: str) -> Story:
    demand = CASES[name](first)
    demand.set(0)
    release = vary(first, f"by-{name}", autoscaling={"triggers": demand.triggers})
    return from_zero(release, demand.set, AWAKE)


def from_zero(release: Release, ask: Callable[[int], object], turn: threading.Semaphore) -> Story:
    """Installed without demand, two pods' worth of it, and none again."""
    with watched(release.kube, release.name) as seen:
        story = Story()
        installed = time.monotonic()
        release.install_ok()
        story.seconds["install to zero"] = seen.wait_for_replicas(0) - installed
        seen.wait_for_pods(0)
        time.sleep(3 * POLLING)
        seen.catch_up()
        story.installed, story.early = seen.replicas(), seen.lives()
        with turn:
            wake_and_end(ask, seen, story)
        return story


def wake_and_end(ask: Callable[[int], object], seen: Watched, story: Story) -> None:
    asked = time.monotonic()
    ask(2 * EACH)
    story.seconds["demand to two"] = seen.wait_for_replicas(2) - asked
    seen.wait_for_pods(2)
    story.seconds["demand to two ready"] = time.monotonic() - asked
    time.sleep(2 * AUTOSCALER_SECONDS)
    stopped = time.monotonic()
    story.woken = seen.replicas(since=asked)
    ask(0)
    story.seconds["no demand to zero"] = seen.wait_for_replicas(0) - stopped
    story.ended = seen.replicas(since=stopped)
    seen.wait_for_pods(0)


def by_hours(first: Release) -> Story:
    """Hours that begin while somebody looks; then others are written, which are over."""
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    later = [cron(now + 6 * hour, now + 7 * hour)]
    release = vary(first, "by-cron", autoscaling={"triggers": later})

    def set_hours(count: int) -> None:
        """They begin with the next minute."""
        turn = datetime.now(UTC) + timedelta(seconds=70)
        hours = cron(turn, turn + hour) if count else cron(turn - 3 * hour, turn - 2 * hour)
        release.upgrade_ok("--set-json", f"autoscaling.triggers={json.dumps([hours])}")

    return from_zero(release, set_hours, threading.Semaphore())


def cron(start: datetime, end: datetime) -> dict[str, Any]:
    metadata = {
        "timezone": "UTC", "desiredReplicas": "2",
        "start": start.strftime("%-M %-H * * *"), "end": end.strftime("%-M %-H * * *"),
    }  # fmt: skip
    return {"type": "cron", "metadata": metadata}


def by_engines(first: Release, clients: Clients) -> Story:
    """What the engines say, by the chart's own query: two clients, of which one pod takes one."""
    address = Source(first.kube, "prometheus").address(9090)
    trigger = {
        "type": "prometheus",
        "metadata": {"serverAddress": f"http://{address}", "threshold": "1"},
    }
    # Kubernetes' own window is 300 s; two clients are not always two requests.
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 3 * AUTOSCALER_SECONDS}}
    scaling = {"min": 1, "triggers": [trigger], "behavior": behavior}
    release = vary(first, "by-engines", autoscaling=scaling)
    story, load = Story(), []

    def ask(count: int) -> None:
        if count:
            load.append(Background(clients, "load.py", f"{release.url}/v1/chat/completions", 2,
                                   CHAT % 200))  # fmt: skip
        else:
            load.pop().result()

    with watched(release.kube, release.name) as seen:
        release.install_ok()
        seen.wait_for_pods(1)
        story.installed = seen.replicas()
        numbers = Numbers(first.kube)
        numbers.let_scrape(seen.pods.living())
        asked = time.monotonic()
        ask(2)
        story.seconds["demand to two"] = seen.wait_for_replicas(2) - asked
        seen.wait_for_pods(2)
        numbers.let_scrape(seen.pods.living())
        time.sleep(2 * AUTOSCALER_SECONDS)
        story.woken, stopped = seen.replicas(since=asked), time.monotonic()
        ask(0)
        story.seconds["no demand to one"] = seen.wait_for_replicas(1) - stopped
        story.ended = seen.replicas(since=stopped)
        seen.wait_for_pods(1)
    return story


def slow_start(first: Release) -> Story:
    """Demand that is gone while the pod still loads."""
    demand = sources.redis_list(first.kube, "slow")
    demand.set(0)
    scaling = {"triggers": demand.triggers, "cooldownSeconds": SLOW_COOLDOWN}
    release = vary(first, "slow", autoscaling=scaling)
    story = Story()
    with watched(release.kube, release.name) as seen:
        release.install_ok("--set", f"engine.env.FAKE_LOAD_SECONDS={LOAD_SECONDS}")
        seen.wait_for_replicas(0)
        seen.wait_for_pods(0)
        demand.set(1)
        woken = seen.wait_for_replicas(1)
        time.sleep(LOAD_SECONDS / 2)
        stopped = time.monotonic()
        demand.set(0)
        ready = wait_for(lambda: first_ready(seen, woken), "a ready pod")
        story.seconds["demand to ready"] = ready - woken
        story.seconds["no demand to ready"] = ready - stopped
        story.seconds["no demand to zero"] = seen.wait_for_replicas(0) - stopped
        story.woken, story.ended = seen.replicas(since=woken - POLLING), seen.replicas(stopped)
    return story


def first_ready(seen: Watched, since: float) -> float:
    """When a pod became ready that is not on its way out; 0 where none has."""
    ready = (
        each.at
        for each in list(seen.pods.seen)
        if each.at > since and is_ready(each.thing)
        and "deletionTimestamp" not in each.thing["metadata"]
    )  # fmt: skip
    return next(ready, 0.0)


@pytest.mark.parametrize("name", [*CASES, "cron"])
def test_pods_follow_the_source(name, stories, capsys):
    story = stories[name].result()
    tell(name, story, capsys)
    assert story.installed in ([1, 0], [0]), "an install without demand ends at zero, and stays"
    assert len(story.early) <= 1, "Kubernetes makes one pod before KEDA looks"
    assert story.woken == [0, 1, 2], "two pods for twice of what one takes, and no third"
    assert story.ended == [2, 0], "to zero in one step"
    # From the last look that saw demand; on a busy machine some time before it ended.
    assert story.seconds["no demand to zero"] > COOLDOWN / 2


def test_the_charts_own_query_counts_what_the_engines_do(stories, capsys):
    story = stories["engines"].result()
    tell("engines", story, capsys)
    assert (story.installed, story.woken, story.ended) == ([1], [1, 2], [2, 1])


def test_a_pod_that_loads_is_not_removed_when_demand_ends(stories, capsys):
    story = stories["slow"].result()
    tell("slow", story, capsys)
    assert (story.woken, story.ended) == ([0, 1, 0], [1, 0])
    assert story.seconds["demand to ready"] > LOAD_SECONDS, "it was loading when demand ended"
    assert story.seconds["no demand to ready"] < story.seconds["no demand to zero"]
    assert story.seconds["no demand to zero"] > SLOW_COOLDOWN / 2


def tell(name: str, story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        times = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in story.seconds.items())
        print(f"\n{name}: {times}; before demand: {', '.join(story.early) or 'no pod'}")
