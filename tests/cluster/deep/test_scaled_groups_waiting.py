"""Groups that KEDA would end: one still loads, others have streams. None is cut short.

Nor is one that serves, where a person writes another number of pods. Two releases at once.
"""

from __future__ import annotations

import time

import pytest

from tests.cluster.clients import CHAT
from tests.cluster.groups import Groups
from tests.cluster.kube import wait_for
from tests.cluster.pace import patience
from tests.cluster.scaled_groups import (
    STEP_SECONDS,
    Demand,
    assert_all_good,
    replicas,
    wait_groups,
    write_number,
)
from tests.cluster.scaled_pods import vary
from tests.cluster.stories import Step, all_at_once
from tests.cluster.whole_groups import WholeGroups

COVERS = (
    "chart-templates/autoscaling", "chart-templates/core", "chart-templates/front-door",
    "chart-templates/leader-worker", "chart-templates/storage", "chart-templates/tests",
    "sidecar/wings_infer",
)  # fmt: skip
SIZE, FULL = 3, 3
SIZES = {"loading": SIZE, "streaming": SIZE}
MOST = {"loading": 1, "streaming": FULL}
"""Groups of each: a busy KEDA starts all of them at first, and the namespace needs room for it."""
LOAD_SECONDS, COOLDOWN = 15, 45
TOKENS = 1000
"""Of a stream: 50 s."""


@pytest.fixture
def releases(module_release, clients, keda, node) -> dict[str, Groups]:
    first = module_release("first")
    made = {
        name: vary(first, name, base="scaled", autoscaling={"max": most})
        for name, most in MOST.items()
    }
    return {name: Groups(each, clients, SIZE) for name, each in made.items()}


def test_none_is_cut_short(releases, figures):
    kube = releases["loading"].release.kube
    with WholeGroups(kube, SIZES) as watcher:
        seconds = all_at_once({
            "a group that loads": lambda: loads(releases["loading"], watcher),
            "groups with streams": lambda: streams(releases["streaming"]),
        })  # fmt: skip
    assert watcher.faults == []
    assert watcher.starts >= (1 + FULL) * SIZE
    for name, value in seconds.items():
        figures(f"{name}: gone after", value, "s")


def install(groups: Groups, *settings: str) -> None:
    with Step("an install without demand"):
        groups.release.apply_ok(*settings)
        wait_groups(groups, 0)


def loads(groups: Groups, watcher: WholeGroups) -> float:
    """Who asked gives up while the engines load: the group gets ready all the same, then goes."""
    cooldown = round(patience(COOLDOWN))
    install(
        groups, "--set", f"engine.env.FAKE_LOAD_SECONDS={LOAD_SECONDS}",
        "--set", f"autoscaling.cooldownSeconds={cooldown}",
    )  # fmt: skip
    with Step("requests that are given up, until engines load"):
        url = groups.clients.reach(groups.release.url)
        began = time.monotonic()
        wait_for(lambda: gives_up(groups, url) and watcher.started["loading"], "a start")
    with Step("the group gets ready"):
        groups.wait_ready(1)
    with Step("the group goes"):
        wait_groups(groups, 0)
        assert watcher.started["loading"] == SIZE, "the engines were started once"
        return round(time.monotonic() - began, 1)


def gives_up(groups: Groups, url: str) -> bool:
    """Asks once, and waits for two seconds."""
    with pytest.raises(AssertionError, match="timed out"):
        groups.clients.post(f"{url}/v1/chat/completions", CHAT % 2, limit=2)
    return True


def streams(groups: Groups) -> float:
    """Three of the four that are asked for in the end are streams, spread over three groups."""
    install(groups)
    with Demand(groups.clients, groups.release.url) as demand:
        with Step("three groups"):
            demand.set(12)
            wait_groups(groups, FULL)
        with (
            Step("four requests want one group: two finish their streams, and go"),
            groups.clients.streams(groups.release.url, count=3, max_tokens=TOKENS) as three,
        ):
            assert three.first_line == "open"
            began = time.monotonic()
            demand.set(1)
            wait_for(lambda: list(replicas(groups).values()) == [SIZE, 0, 0], "KEDA's decision", 48)
            wait_groups(groups, 1, 3 * STEP_SECONDS)  # the last goes when the one below is gone
            seconds = time.monotonic() - began
            found = three.result()
        written_numbers(groups)
        assert all(each["done"] and not each["error"] for each in found), found
        assert_all_good(demand.result())
        return round(seconds, 1)


def written_numbers(groups: Groups) -> None:
    name = groups.stateful_set(0)
    for count in (1, SIZE + 1):
        with Step(f"{count} is written for a group that serves"):
            write_number(groups, 0, count)
            wait_for(lambda: replicas(groups)[name] == SIZE, "the autoscaler's correction")
            wait_groups(groups, 1)
