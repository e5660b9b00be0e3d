"""A real SGLang over two pods, pipeline parallel: it forms, and heals from a killed engine."""

from __future__ import annotations

from tests.cluster.real_groups import kill_engines, note
from tests.cluster.sglang_groups import (
    TOKENS,
    assert_serves_from_both,
    fixtures_after_one_pod,
    greedy,
)

COVERS = (
    "chart-templates", "sidecar/proof/engine.sh", "sidecar/proof/sgl_kernel.py",
    "sidecar/proof/sglang.sh", "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt",
    "sidecar/requirements-sglang.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True
alone, installed, group = fixtures_after_one_pod("sglang-pipeline")


def test_a_pipeline_makes_the_tokens_of_one_pod_and_heals(group, clients, alone, figures):
    assert_serves_from_both(group, clients, "--pp-size")
    assert len(alone) == TOKENS
    assert greedy(group, clients) == alone
    note(figures, "second stage killed", kill_engines(group, clients, (1,)))
    assert greedy(group, clients) == alone
