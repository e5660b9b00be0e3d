"""A hundred faults in random order and timing: groups heal by themselves, and /health is true.

Each group is a release of its own: groups of one release take turns, and one's faults would delay
another's. A fault may come while the group still heals from the last. The engines of three are like
vLLM, those of two like SGLang.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from random import Random
from statistics import median

import pytest

from tests.cluster.fault_driver import Driver
from tests.cluster.group_faults import IMPATIENT, SIZE, Victim, draw, settings
from tests.cluster.prober import Prober, Record
from tests.cluster.release import ENGINE, PROFILES, Release
from tests.cluster.stories import all_at_once

COVERS = (
    "chart-templates/alone", "chart-templates/core", "chart-templates/leader-worker",
    "chart-templates/storage", "chart-templates/tests", "sidecar/wings_infer",
)  # fmt: skip
SEED = 20_261
HEAVY = True
GROUPS, COUNT = 5, 100


@pytest.fixture(scope="module")
def groups(module_release) -> list[Release]:
    kinds = [PROFILES / f"{name}.wings.yaml" for name in ("fake-group", "fake-sglang-group")]
    named = [module_release(f"faults-{number}", kinds[number % 2]) for number in range(GROUPS)]
    # Charts have the profile's name: each release needs a folder of its own.
    made = [replace(one, charts=one.charts / one.name) for one in named]
    all_at_once({one.name: lambda one=one: one.apply_ok(*settings(IMPATIENT)) for one in made})
    return made


@pytest.fixture
def drivers(groups, clients, seen_node) -> Iterator[dict[str, Driver]]:
    """The plan is dealt in turn, so that no group gets all of a kind."""
    deck = draw(COUNT, Random(SEED), can_reach_node=seen_node is not None)
    with ExitStack() as stack:
        yield {
            group.name: Driver(
                Victim(group, seen_node, Random(f"{SEED} {number}"), group.container(ENGINE)),
                stack.enter_context(Prober(clients, group)),
                deck[number::GROUPS],
                bursts=0.25,
            )
            for number, group in enumerate(groups)
        }


def test_groups_heal_from_a_hundred_faults(drivers, figures, capsys):
    all_at_once({name: driver.run for name, driver in drivers.items()})
    records = list(all_at_once({name: driver.judge for name, driver in drivers.items()}).values())
    healed = [one for driver in drivers.values() for one in driver.healed]
    with capsys.disabled():
        print(table(healed, records))
    assert len(healed) == COUNT
    waited = [one.seconds for one in healed if one.seconds is not None]
    figures("faults in random order", COUNT)
    figures("groups of pods", SIZE)
    figures("faults within the healing of another", len(healed) - len(waited))
    figures("median healing", round(median(waited), 1), "s")
    figures("slowest healing", round(max(waited), 1), "s")
    figures("questions to /health and for a chat", sum(one.pairs for one in records))
    figures("longest answer", round(max(one.longest_seconds for one in records), 1), "s")


def table(healed, records: list[Record]) -> str:
    """Seconds from the fault until a chat was answered, and until /health knew."""
    lines = [
        f"\n{'fault':28}{'count':>6}{'in bursts':>10}{'median':>8}{'worst':>8}{'untrue for':>12}"
    ]
    for kind in sorted({one.kind.name for one in healed}):
        mine = [one.seconds for one in healed if one.kind.name == kind]
        waited = sorted(one for one in mine if one is not None)
        middle, worst = (median(waited), waited[-1]) if waited else (0, 0)
        untrue = max(record.detection(kind) for record in records)
        burst = len(mine) - len(waited)
        lines.append(f"{kind:28}{len(mine):6}{burst:10}{middle:8.1f}{worst:8.1f}{untrue:12.1f}")
    late, untrue = max(one.late for one in records), sum(len(one.untrue()) for one in records)
    lines.append(f"{untrue} times /health said 200 before a chat failed within its detection;")
    lines.append(f"the machine was late by {late:.1f} s")
    return "\n".join(lines)
