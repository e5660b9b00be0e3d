"""The number of pods is KEDA's, also after a roll-back: with helm 3, and with helm 4."""

from __future__ import annotations

from dataclasses import replace

from tests.cluster.release import Release
from tests.cluster.source_stories import start_sources
from tests.cluster.sources import Numbers
from tests.cluster.stories import Step, all_at_once
from tests.cluster.switches import (
    FULL,
    Living,
    living,
    pause_and_resume,
    switch_off_and_on,
    upgrade_in_every_state,
    upgrade_what_was_carried,
)
from tests.support.helm import HELM_3, HELM_4
from tests.support.tools import find_tool

COVERS = (
    "chart-templates/alone", "chart-templates/autoscaling", "chart-templates/core",
    "chart-templates/sidecar", "chart-templates/storage", "chart-templates/tests",
    "sidecar/wings_infer", "wingsctl/actions/pause_scaling.py", "wingsctl/adapters/kubectl.py",
    "wingsctl/adapters/process.py", "wingsctl/cli/pause.py",
)  # fmt: skip
HELMS = {"three": HELM_3, "four": HELM_4}


def test_upgrades_and_roll_backs_leave_the_number_alone(keda, module_release, figures):
    first = module_release("first")
    start_sources(first.kube, ("numbers",))
    numbers = Numbers(first.kube)
    changed = all_at_once({name: lambda name=name: live(first, name, numbers) for name in HELMS})
    figures("upgrades that changed no number", sum(changed.values()))


def live(first: Release, name: str, numbers: Numbers) -> int:
    kube = replace(first.kube, helm_binary=find_tool(HELMS[name]))
    with living(replace(first, kube=kube, name=name), numbers) as it:
        upgrade_in_every_state(it)
        with Step("a roll-back at full size"):
            seen = it.numbers(lambda: roll_back(it), FULL)
            assert (seen, it.mark()) == ([FULL], "omitted")
        pause_and_resume(it)
        switch_off_and_on(it)
        upgrade_what_was_carried(it)
        roll_back_what_was_carried(it, name)
        with Step("the carried number, gone, and an upgrade at zero"):
            it.numbers(it.ask(0), 0)
            assert it.numbers(it.upgrade, 0) == [0]
            assert it.mark() == "carried"
        return it.changes


def roll_back(it: Living) -> None:
    done = it.roll_back()
    assert done.returncode == 0, done


def roll_back_what_was_carried(it: Living, name: str) -> None:
    """helm 4 sees that another has set the number since, and refuses; helm 3 writes the old one."""
    ends = []
    with Step("the carried number, rolled back"):
        seen = it.numbers(lambda: ends.append(it.roll_back("0")), FULL)
        if name == "four":
            assert seen == [FULL]
            assert "conflict" in ends[0].stderr, ends
        else:
            assert seen == [FULL, 2, FULL]
