"""A real vLLM over two pods: engines that are killed, one or both."""

from __future__ import annotations

import pytest

from tests.cluster.real_groups import fixtures_of, kill_engines, note

COVERS = (
    "chart-templates", "sidecar/proof/engine.sh", "sidecar/proof/tiny_model.py",
    "sidecar/requirements-engine.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True
WHO = {"leader's": (0,), "worker's": (1,), "both": (0, 1)}
installed, group = fixtures_of("real-group")


@pytest.mark.parametrize("who", WHO)
def test_a_dead_engine_ends_the_generation_of_all(group, clients, who, figures):
    note(figures, f"{who} engine killed", kill_engines(group, clients, WHO[who]))
