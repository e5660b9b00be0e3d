"""A group of three pods heals from each ordinary fault, and its /health is true meanwhile.

deep/test_group_faults.py has all kinds of faults, a hundred times.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from tests.cluster.fault_driver import Driver
from tests.cluster.group_faults import IMPATIENT, KINDS, ON_THE_NODE, Victim, settings
from tests.cluster.prober import Prober

ORDINARY = {
    "leader's engine killed", "a worker's engine killed", "engine fails at next start",
    "engine hangs", "agent killed", "pod deleted",
}  # fmt: skip
SEED = 3


@pytest.fixture
def driver(module_release, clients, seen_node) -> Iterator[Driver]:
    release = module_release("fake-group")
    release.install_ok(*settings(IMPATIENT))
    left_out = ON_THE_NODE if seen_node is None else set()
    plan = [kind for kind in KINDS if kind.name in ORDINARY - left_out]
    with Prober(clients, release) as prober:
        yield Driver(Victim(release, seen_node, Random(SEED)), prober, plan)


def test_a_group_heals_from_every_ordinary_fault(driver):
    driver.run()
    driver.judge()
    for healed in driver.healed:
        print(f"{healed.kind.name}: serves again after {healed.seconds:.1f} s")
    assert len(driver.healed) == len(driver.plan) >= len(ORDINARY - ON_THE_NODE)
