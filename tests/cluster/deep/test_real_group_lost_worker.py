"""A real vLLM over two pods: the worker's agent dies, and the worker is deleted."""

from __future__ import annotations

from tests.cluster.lost_pods import lose_agent, lose_pod
from tests.cluster.real_groups import fixtures_of

COVERS = (
    "chart-templates", "sidecar/proof/engine.sh", "sidecar/proof/tiny_model.py",
    "sidecar/requirements-engine.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True
installed, group = fixtures_of("real-group")


def test_an_agent_that_dies_finds_its_engine_again(group, clients, node, figures):
    lose_agent(group, clients, node, 1, figures)


def test_a_deleted_pod_loses_nothing_and_comes_back(group, clients, figures):
    lose_pod(group, clients, 1, figures)
