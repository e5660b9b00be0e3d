"""A real SGLang over two pods, pipeline parallel: it forms, and heals from a killed engine."""

from __future__ import annotations

import pytest

from tests.cluster.clients import Clients
from tests.cluster.real_groups import SETTINGS, await_serving, kill_engines
from tests.cluster.release import Release
from tests.cluster.sglang_groups import TOKENS, assert_serves_from_both, greedy

COVERS = (
    "chart-templates/alone", "chart-templates/core", "chart-templates/leader-worker",
    "chart-templates/sidecar", "chart-templates/storage", "chart-templates/tests",
    "sidecar/proof/engine.sh", "sidecar/proof/sgl_kernel.py", "sidecar/proof/sglang.sh",
    "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt",
    "sidecar/requirements-sglang.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True


@pytest.fixture(scope="module")
def alone(module_release, clients) -> list[int]:
    """What one pod answers; gone before the group begins."""
    release = module_release("sglang")
    release.apply_ok()
    tokens = greedy(release, clients)
    release.kube.helm_ok("uninstall", release.name, "--wait")
    return tokens


@pytest.fixture
def group(module_release, alone: list[int], clients: Clients) -> Release:
    release = module_release("sglang-pipeline")
    release.apply_ok(*SETTINGS)
    return await_serving(release, clients)


def test_a_pipeline_makes_the_tokens_of_one_pod_and_heals(group, clients, alone, figures):
    assert_serves_from_both(group, clients, "--pp-size")
    assert len(alone) == TOKENS
    assert greedy(group, clients) == alone
    seen = kill_engines(group, clients, (1,))
    figures("second stage killed: serves again after", round(seen.healed_after, 1), "s")
    assert greedy(group, clients) == alone
