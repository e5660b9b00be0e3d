"""The number of pods is KEDA's: what upgrades, a pause and a switch of autoscaling leave of it.

Numbers are read from the API server's own list of changes, so that no number
is missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.cluster.kube import Done
from tests.cluster.release import Release
from tests.cluster.scaled_pods import COOLDOWN, POLLING, Watched, vary, watched
from tests.cluster.sources import EACH, Demand, Numbers
from tests.cluster.stories import Step

FULL = 3
MARK = "wingsctl/replicas"


@contextmanager
def living(first: Release, numbers: Numbers) -> Iterator[Living]:
    """A release of the same name, not yet installed."""
    demand = numbers.by_metrics_api(first.name)
    demand.set(0)
    scaled = vary(first, first.name, autoscaling={"triggers": demand.triggers, "max": FULL})
    plain = vary(first, first.name, autoscaling=None, frontDoor=None, replicas=2)
    with watched(first.kube, first.name) as seen:
        yield Living(plain, scaled, demand, seen)


@dataclass
class Living:
    """A release that is watched, with or without autoscaling."""

    plain: Release
    scaled: Release
    demand: Demand
    seen: Watched
    changes: int = 0

    def numbers(self, act: Callable[[], object], number: int) -> list[int]:
        """The numbers of the Deployment since before `act`, until KEDA has looked at it some times
        more and it still has so many pods."""
        began = time.monotonic()
        act()
        self.seen.wait_for_replicas(number)
        self.seen.wait_for_pods(number)
        time.sleep(3 * POLLING)
        self.seen.catch_up()
        return self.seen.replicas(began)

    def mark(self) -> str:
        """What the chart noted on the Deployment."""
        found = self.scaled.kube.read("deployment", self.scaled.name)["metadata"]["annotations"]
        return str(found.get(MARK, ""))

    def ask(self, pods: int) -> Callable[[], object]:
        """Demand for so many."""
        return lambda: self.demand.set(pods * EACH)

    def upgrade(self, *settings: str) -> None:
        """By default one that changes nothing but the ScaledObject."""
        self.changes += 1
        words = settings or ("--set-string", f"autoscaling.annotations.change={self.changes}")
        self.scaled.upgrade_ok(*words)

    def roll_back(self, *revision: str) -> Done:
        return self.scaled.kube.helm("rollback", self.scaled.name, *revision)

    def wingsctl(self, command: str) -> None:
        done = self.scaled.kube.wingsctl(
            command, self.scaled.name, "-n", self.scaled.kube.namespace
        )
        assert done.returncode == 0, done


def upgrade_in_every_state(it: Living) -> None:
    """Autoscaled from the first install on: helm never says a number."""
    with Step("an install without demand"):
        assert it.numbers(it.scaled.apply_ok, 0) in ([1, 0], [0])
    with Step("an upgrade at zero"):
        assert it.numbers(it.upgrade, 0) == [0]
    with Step("an upgrade while it grows"):

        def upgrade_while_it_grows() -> None:
            it.demand.set(FULL * EACH)
            it.seen.wait_for_more_than(0)
            it.upgrade("--set", "engine.env.FAKE_VERSION=b")

        grown = it.numbers(upgrade_while_it_grows, FULL)
        assert (grown[0], grown[-1]) == (0, FULL)
        assert grown == sorted(grown), "an upgrade took pods back that KEDA had wanted"
    with Step("an upgrade at full size"):
        assert it.numbers(it.upgrade, FULL) == [FULL]
        assert it.mark() == "omitted"


def pause_and_resume(it: Living) -> None:
    """Demand ends while KEDA leaves the release alone."""
    with Step("no demand while it is paused"):

        def end_of_demand() -> None:
            it.wingsctl("pause")
            it.demand.set(0)
            time.sleep(COOLDOWN + 5 * POLLING)

        assert it.numbers(end_of_demand, FULL) == [FULL]
    with Step("resumed"):
        assert it.numbers(lambda: it.wingsctl("resume"), 0) == [FULL, 0]


def switch_off_and_on(it: Living) -> None:
    """Two run, and two are written: neither drop nor jump."""
    same = ("--set", "engine.env.FAKE_VERSION=b")
    with Step("two"):
        it.numbers(it.ask(2), 2)
        names = it.seen.pod_names()
    with Step("autoscaling off"):
        assert it.numbers(lambda: it.plain.apply_ok(*same), 2) == [2]
        assert it.mark() == ""
    with Step("autoscaling on"):
        assert it.numbers(lambda: it.scaled.apply_ok(*same), 2) == [2]
        assert it.mark() == "carried"
        assert it.seen.pod_names() == names, "pods were replaced"


def upgrade_what_was_carried(it: Living) -> None:
    """From now on helm says a number with each upgrade: the living one."""
    with Step("the carried number, grown"):
        assert it.numbers(it.ask(FULL), FULL) == [2, FULL]
    with Step("the carried number, upgraded"):
        assert it.numbers(it.upgrade, FULL) == [FULL]
