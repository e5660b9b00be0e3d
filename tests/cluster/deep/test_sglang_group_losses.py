"""A real SGLang over two pods: agents die, pods are deleted."""

from __future__ import annotations

import pytest

from tests.cluster.lost_pods import lose_agent, lose_pod
from tests.cluster.real_groups import fixtures_of

COVERS = (
    "chart-templates", "sidecar/proof/engine.sh", "sidecar/proof/sgl_kernel.py",
    "sidecar/proof/sglang.sh", "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt",
    "sidecar/requirements-sglang.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True
installed, group = fixtures_of("sglang-group")


@pytest.mark.parametrize("index", [0, 1], ids=["leader", "worker"])
def test_an_agent_that_dies_finds_its_engine_again(group, clients, node, figures, index):
    lose_agent(group, clients, node, index, figures)


@pytest.mark.parametrize("index", [0, 1], ids=["leader", "worker"])
def test_a_deleted_pod_loses_nothing_and_comes_back(group, clients, figures, index):
    """SGLang's worker does not end at TERM while its leader serves: its stop is bounded."""
    lose_pod(group, clients, index, figures)
