"""A real SGLang over two pods, tensor parallel: it forms, and heals from killed engines."""

from __future__ import annotations

import pytest

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
WHO = {"leader's": (0,), "worker's": (1,)}
alone, installed, group = fixtures_after_one_pod("sglang-group")


def test_a_group_forms_and_makes_the_tokens_of_one_pod(group, clients, alone):
    assert_serves_from_both(group, clients, "--tp-size")
    assert len(alone) == TOKENS
    assert greedy(group, clients) == alone


@pytest.mark.parametrize("who", WHO)
def test_a_dead_engine_ends_the_generation_of_all(group, clients, who, figures):
    note(figures, f"{who} engine killed", kill_engines(group, clients, WHO[who]))
