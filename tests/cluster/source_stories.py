"""Releases of single pods that follow a source: from zero to what it says, and back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cluster.clients import CHAT, Background, Clients
from tests.cluster.conftest import apply
from tests.cluster.kube import Kube
from tests.cluster.release import Release
from tests.cluster.scaled_pods import AUTOSCALER_SECONDS, COOLDOWN, POLLING, Watched, vary, watched
from tests.cluster.sources import EACH, Demand, Numbers, Source
from tests.cluster.stories import Step


def start_sources(kube: Kube, names: Iterable[str]) -> None:
    """Manifests of this folder, and waits until their pods are ready."""
    for name in names:
        apply(kube, f"{name}.yaml")
    for name in names:
        Source(kube, name).wait()


def follow(first: Release, name: str, demand: Demand) -> None:
    """A release of this name is installed without demand, gets two pods' worth of it, and none."""
    demand.set(0)
    release = vary(first, name, autoscaling={"triggers": demand.triggers})
    from_zero(release, demand.set)


def from_zero(release: Release, ask: Callable[[int], object]) -> None:
    with watched(release.kube, release.name) as seen:
        with Step("an install without demand ends at zero, and stays"):
            release.apply_ok()
            seen.wait_for_replicas(0)
            seen.wait_for_pods(0)
            time.sleep(3 * POLLING)
            seen.catch_up()
            assert seen.replicas() in ([1, 0], [0])
            assert len(seen.lives()) <= 1, "Kubernetes makes one pod before KEDA looks"
        with Step("two pods for twice of what one takes, and no third"):
            asked = time.monotonic()
            ask(2 * EACH)
            seen.wait_for_replicas(2)
            seen.wait_for_pods(2)
            time.sleep(2 * AUTOSCALER_SECONDS)
            assert seen.replicas(since=asked) == [0, 1, 2]
        with Step("without demand to zero in one step, after the cooldown"):
            end(seen, ask)


def end(seen: Watched, ask: Callable[[int], object]) -> None:
    stopped = time.monotonic()
    ask(0)
    gone = seen.wait_for_replicas(0)
    # From the last look that saw demand; on a busy machine some time before it ended.
    assert gone - stopped > COOLDOWN / 2
    assert seen.replicas(since=stopped) == [2, 0]
    seen.wait_for_pods(0)


def follow_hours(first: Release) -> None:
    """Hours that begin soon; then others are written, which are over."""
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    later = [cron(now + 6 * hour, now + 7 * hour)]
    release = vary(first, "by-cron", autoscaling={"triggers": later})

    def set_hours(count: int) -> None:
        """They begin with the next minute."""
        turn = datetime.now(UTC) + timedelta(seconds=70)
        hours = cron(turn, turn + hour) if count else cron(turn - 3 * hour, turn - 2 * hour)
        release.upgrade_ok("--set-json", f"autoscaling.triggers={json.dumps([hours])}")

    from_zero(release, set_hours)


def cron(start: datetime, end: datetime) -> dict[str, Any]:
    metadata = {
        "timezone": "UTC", "desiredReplicas": "2",
        "start": start.strftime("%-M %-H * * *"), "end": end.strftime("%-M %-H * * *"),
    }  # fmt: skip
    return {"type": "cron", "metadata": metadata}


def follow_engines(first: Release, clients: Clients) -> None:
    """By the chart's own query: two clients, of which one pod takes one."""
    address = Source(first.kube, "prometheus").address(9090)
    trigger = {
        "type": "prometheus",
        "metadata": {"serverAddress": f"http://{address}", "threshold": "1"},
    }
    # Kubernetes' own window is 300 s; two clients are not always two requests.
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 3 * AUTOSCALER_SECONDS}}
    scaling = {"min": 1, "triggers": [trigger], "behavior": behavior}
    release, numbers = vary(first, "by-engines", autoscaling=scaling), Numbers(first.kube)
    with watched(release.kube, release.name) as seen:
        with Step("an install has one pod"):
            release.apply_ok()
            seen.wait_for_pods(1)
            assert seen.replicas() == [1]
            numbers.let_scrape(seen.pods.living())
        with Step("two clients want two pods"):
            asked = time.monotonic()
            url = f"{clients.reach(release.url)}/v1/chat/completions"
            with Background(clients, "load.py", url, 2, CHAT % 200) as load:
                seen.wait_for_replicas(2)
                seen.wait_for_pods(2)
                numbers.let_scrape(seen.pods.living())
                time.sleep(2 * AUTOSCALER_SECONDS)
                assert seen.replicas(since=asked) == [1, 2]
                stopped = time.monotonic()
                load.result()
        with Step("no client wants one pod"):
            seen.wait_for_replicas(1)
            assert seen.replicas(since=stopped) == [2, 1]
            seen.wait_for_pods(1)
