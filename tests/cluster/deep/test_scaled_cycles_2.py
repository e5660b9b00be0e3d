"""Twenty-five cycles from zero to zero: see tests/cluster/cycles.py."""

from __future__ import annotations

from tests.cluster.cycles import run_cycles

COVERS = (
    "chart-templates/autoscaling", "chart-templates/core", "chart-templates/front-door",
    "chart-templates/leader-worker", "chart-templates/storage", "chart-templates/tests",
    "sidecar/wings_infer",
)  # fmt: skip
SEED = 2


def test_no_engine_starts_in_a_part_of_a_group(module_release, clients, keda, node, figures):
    for name, number in run_cycles(module_release("first"), clients, keda, SEED).items():
        figures(name, number)
