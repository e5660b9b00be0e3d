"""A real vLLM over two pods: engines that are killed, one or both."""

from __future__ import annotations

import pytest

from tests.cluster.clients import Clients
from tests.cluster.real_groups import SETTINGS, await_serving, kill_engines
from tests.cluster.release import Release

COVERS = (
    "chart-templates/alone", "chart-templates/core", "chart-templates/leader-worker",
    "chart-templates/storage", "chart-templates/tests", "sidecar/proof/engine.sh",
    "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True
WHO = {"leader's": (0,), "worker's": (1,), "both": (0, 1)}


@pytest.fixture(scope="module")
def installed(module_release) -> Release:
    release = module_release("real-group")
    release.apply_ok(*SETTINGS)
    return release


@pytest.fixture
def group(installed: Release, clients: Clients) -> Release:
    """The release while it serves."""
    return await_serving(installed, clients)


@pytest.mark.parametrize("who", WHO)
def test_a_dead_engine_ends_the_generation_of_all(group, clients, who, figures):
    seen = kill_engines(group, clients, WHO[who])
    figures(f"{who} engine killed: noticed after", round(seen.noticed_after, 1), "s")
    figures(f"{who} engine killed: serves again after", round(seen.healed_after, 1), "s")
