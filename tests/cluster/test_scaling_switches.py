"""The number of pods is KEDA's: no upgrade, roll-back, pause or switch of autoscaling changes it.

Each helm has a release of its own, and both live at once. What the Deployment was told is read from
the API server's own list of changes, so that no number is missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from tests.cluster.conftest import apply
from tests.cluster.kube import Done
from tests.cluster.release import Release
from tests.cluster.scaled_pods import Watched, vary, watched
from tests.cluster.sources import EACH, Demand, Numbers, Source
from tests.support.helm import HELM_3, HELM_4
from tests.support.tools import find_tool

HELMS = {"three": HELM_3, "four": HELM_4}
FULL, POLLING, COOLDOWN = 3, 1, 10
MARK = "wingsctl/replicas"


@dataclass
class Life:
    """What a release went through, step by step."""

    numbers: dict[str, list[int]] = field(default_factory=dict)
    """What its Deployment was told, one after another."""
    marks: dict[str, str] = field(default_factory=dict)
    """What the chart noted on the Deployment."""
    pods: dict[str, list[str]] = field(default_factory=dict)
    """Their names in the end."""
    told: dict[str, Done] = field(default_factory=dict)
    """What programs said."""


@dataclass
class Living:
    """A release that is watched, with or without autoscaling."""

    plain: Release
    scaled: Release
    demand: Demand
    seen: Watched
    life: Life
    changes: int = 0

    def step(self, name: str, act: Callable[[], object], number: int) -> None:
        """Notes what happens from before `act` until the Deployment has so many pods, and KEDA has
        looked at it some times more."""
        began = time.monotonic()
        act()
        self.seen.wait_for_replicas(number)
        self.seen.wait_for_pods(number)
        time.sleep(3 * POLLING)
        self.note(name, began)

    def note(self, name: str, since: float) -> None:
        self.seen.catch_up()
        self.life.numbers[name] = self.seen.replicas(since)
        found = self.scaled.kube.read("deployment", self.scaled.name)["metadata"]["annotations"]
        self.life.marks[name] = found.get(MARK, "")
        self.life.pods[name] = self.seen.pod_names()

    def upgrade(self, *settings: str) -> None:
        """By default one that changes nothing but the ScaledObject."""
        self.changes += 1
        words = settings or ("--set-string", f"autoscaling.annotations.change={self.changes}")
        self.scaled.upgrade_ok(*words)

    def program(self, *words: str) -> None:
        """wingsctl or helm, whatever it says."""
        kube, name = self.scaled.kube, self.scaled.name
        ask = {"helm": kube.helm, "wingsctl": kube.wingsctl}[words[0]]
        where = ["-n", kube.namespace] if words[0] == "wingsctl" else []
        self.life.told[" ".join(words)] = ask(words[1], name, *where, *words[2:])


@pytest.fixture(scope="module")
def lives(keda, module_release) -> Iterator[dict[str, Future[Life]]]:
    first = module_release("first")
    apply(first.kube, "numbers.yaml")
    Source(first.kube, "numbers").wait()
    numbers = Numbers(first.kube)
    with ThreadPoolExecutor(len(HELMS)) as threads:
        yield {name: threads.submit(live, first, name, numbers) for name in HELMS}


def live(first: Release, name: str, numbers: Numbers) -> Life:
    demand = numbers.by_metrics_api(name)
    demand.set(0)
    mine = replace(first, kube=replace(first.kube, helm_binary=find_tool(HELMS[name])))
    scaling = {"triggers": demand.triggers, "max": FULL}
    timing = {"pollingSeconds": POLLING, "cooldownSeconds": COOLDOWN}
    scaled = vary(mine, name, autoscaling=scaling | timing)
    plain = vary(mine, name, autoscaling=None, frontDoor=None, replicas=2)
    with watched(first.kube, name) as seen:
        living = Living(plain, scaled, demand, seen, Life())
        upgrade_in_every_state(living)
        pause_and_resume(living)
        switch_off_and_on(living)
        upgrade_what_was_carried(living)
        return living.life


def upgrade_in_every_state(living: Living) -> None:
    """Autoscaled from the first install on: helm never says a number."""
    living.step("install", living.scaled.install_ok, 0)
    living.step("upgrade at zero", living.upgrade, 0)

    def upgrade_while_it_grows() -> None:
        living.demand.set(FULL * EACH)
        living.seen.wait_for_more_than(0)
        living.upgrade("--set", "engine.env.FAKE_VERSION=b")

    living.step("upgrade while it grows", upgrade_while_it_grows, FULL)
    living.step("upgrade at full size", living.upgrade, FULL)
    living.step("roll-back", lambda: living.program("helm", "rollback"), FULL)


def pause_and_resume(living: Living) -> None:
    """Demand ends while KEDA is told to leave the release alone."""
    began = time.monotonic()
    living.program("wingsctl", "pause")
    living.demand.set(0)
    time.sleep(COOLDOWN + 5 * POLLING)
    living.note("paused", began)
    living.step("resumed", lambda: living.program("wingsctl", "resume"), 0)


def switch_off_and_on(living: Living) -> None:
    """Two run, and two are written."""
    living.step("two", lambda: living.demand.set(2 * EACH), 2)
    same = ("--set", "engine.env.FAKE_VERSION=b")
    living.step("off", lambda: living.plain.install_ok(*same), 2)
    living.step("on", lambda: living.scaled.install_ok(*same), 2)


def upgrade_what_was_carried(living: Living) -> None:
    """From now on helm says a number with each upgrade: the living one."""
    living.step("carried, grown", lambda: living.demand.set(FULL * EACH), FULL)
    living.step("carried, upgraded", living.upgrade, FULL)
    living.step("carried, rolled back", lambda: living.program("helm", "rollback", "0"), FULL)
    living.step("carried, gone", lambda: living.demand.set(0), 0)
    living.step("carried, upgraded at zero", living.upgrade, 0)


@pytest.fixture(params=HELMS)
def life(request, lives) -> Life:
    """With one helm after the other."""
    return lives[request.param].result()


def test_an_upgrade_leaves_the_number_alone(life, capsys):
    with capsys.disabled():
        print(f"\n{life.numbers}")
    assert life.numbers["install"] in ([1, 0], [0])
    assert life.numbers["upgrade at zero"] == [0]
    grown = life.numbers["upgrade while it grows"]
    assert (grown[0], grown[-1]) == (0, FULL)
    assert grown == sorted(grown), "an upgrade took pods back that KEDA had wanted"
    assert life.numbers["upgrade at full size"] == [FULL]
    assert life.numbers["roll-back"] == [FULL]
    assert life.told["helm rollback"].returncode == 0
    assert life.marks["roll-back"] == "omitted"


def test_demand_changes_nothing_while_it_is_paused(life):
    for command in ("wingsctl pause", "wingsctl resume"):
        assert life.told[command].returncode == 0, life.told[command]
    assert life.numbers["paused"] == [FULL]
    assert life.numbers["resumed"] == [FULL, 0]


def test_a_switch_neither_drops_nor_jumps(life):
    assert (life.numbers["off"], life.numbers["on"]) == ([2], [2])
    assert (life.marks["off"], life.marks["on"]) == ("", "carried")
    assert life.pods["two"] == life.pods["off"] == life.pods["on"], "pods were replaced"


def test_a_number_that_was_carried_goes_on_to_be_keda_s(life):
    told = {name: numbers for name, numbers in life.numbers.items() if name.startswith("carried")}
    assert told["carried, grown"] == [2, FULL]
    assert told["carried, upgraded"] == [FULL]
    assert told["carried, upgraded at zero"] == [0]
    assert life.marks["carried, upgraded at zero"] == "carried"


def test_a_roll_back_puts_a_carried_number_back_until_keda_looks(lives):
    """helm 4 sees that somebody else has set it since, and asks whose it is."""
    three, four = (lives[name].result() for name in HELMS)
    assert three.numbers["carried, rolled back"] == [FULL, 2, FULL]
    assert four.numbers["carried, rolled back"] == [FULL]
    assert "conflict" in four.told["helm rollback 0"].stderr, four.told
