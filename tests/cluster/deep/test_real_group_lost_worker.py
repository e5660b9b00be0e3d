"""A real vLLM over two pods: the worker's agent dies, and the worker is deleted."""

from __future__ import annotations

import pytest

from tests.cluster.clients import Clients
from tests.cluster.lost_pods import lose_agent, lose_pod
from tests.cluster.real_groups import SETTINGS, await_serving
from tests.cluster.release import Release

COVERS = (
    "chart-templates/alone", "chart-templates/core", "chart-templates/leader-worker",
    "chart-templates/storage", "chart-templates/tests", "sidecar/proof/engine.sh",
    "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True


@pytest.fixture(scope="module")
def installed(module_release) -> Release:
    release = module_release("real-group")
    release.apply_ok(*SETTINGS)
    return release


@pytest.fixture
def group(installed: Release, clients: Clients) -> Release:
    """The release while it serves."""
    return await_serving(installed, clients)


def test_an_agent_that_dies_finds_its_engine_again(group, clients, node, figures):
    lose_agent(group, clients, node, 1, figures)


def test_a_deleted_pod_loses_nothing_and_comes_back(group, clients, figures):
    lose_pod(group, clients, 1, figures)
