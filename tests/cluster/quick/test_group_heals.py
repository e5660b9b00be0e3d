"""Groups of three pods heal from each ordinary fault, and their /health is true meanwhile.

The engine of one is like vLLM, that of the other like SGLang.

deep/test_group_faults.py has all kinds of faults, a hundred times.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from random import Random

import pytest

from tests.cluster.fault_driver import Driver
from tests.cluster.group_faults import IMPATIENT, KINDS, ON_THE_NODE, Victim, settings
from tests.cluster.prober import Prober
from tests.cluster.release import ENGINE, Release
from tests.cluster.stories import all_at_once

ORDINARY = {
    "leader's engine killed", "a worker's engine killed", "engine fails at next start",
    "engine hangs", "agent killed", "pod deleted",
}  # fmt: skip
SEED = 3


@pytest.fixture
def groups(module_release) -> list[Release]:
    made = [module_release(name) for name in ("fake-group", "fake-sglang-group")]
    all_at_once({one.name: lambda one=one: one.install_ok(*settings(IMPATIENT)) for one in made})
    return made


@pytest.fixture
def drivers(groups, clients, seen_node) -> Iterator[dict[str, Driver]]:
    left_out = ON_THE_NODE if seen_node is None else set()
    plan = [kind for kind in KINDS if kind.name in ORDINARY - left_out]
    with ExitStack() as stack:
        yield {
            group.name: Driver(
                Victim(group, seen_node, Random(SEED), group.container(ENGINE)),
                stack.enter_context(Prober(clients, group)),
                plan,
            )
            for group in groups
        }


def test_groups_heal_from_every_ordinary_fault(drivers):
    all_at_once({name: driver.run for name, driver in drivers.items()})
    all_at_once({name: driver.judge for name, driver in drivers.items()})
    for name, driver in drivers.items():
        for healed in driver.healed:
            print(f"{name}, {healed.kind.name}: serves again after {healed.seconds:.1f} s")
        assert len(driver.healed) == len(driver.plan) >= len(ORDINARY - ON_THE_NODE)
