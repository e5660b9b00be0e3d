"""A real SGLang over two pods, tensor parallel: it forms, and heals from killed engines."""

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
WHO = {"leader's": (0,), "worker's": (1,)}


@pytest.fixture(scope="module")
def alone(module_release, clients) -> list[int]:
    """What one pod answers; gone before the group begins."""
    release = module_release("sglang")
    release.apply_ok()
    tokens = greedy(release, clients)
    release.kube.helm_ok("uninstall", release.name, "--wait")
    return tokens


@pytest.fixture(scope="module")
def installed(module_release, alone) -> Release:
    release = module_release("sglang-group")
    release.apply_ok(*SETTINGS)
    return release


@pytest.fixture
def group(installed: Release, clients: Clients) -> Release:
    """The release while it serves."""
    return await_serving(installed, clients)


def test_a_group_forms_and_makes_the_tokens_of_one_pod(group, clients, alone):
    assert_serves_from_both(group, clients, "--tp-size")
    assert len(alone) == TOKENS
    assert greedy(group, clients) == alone


@pytest.mark.parametrize("who", WHO)
def test_a_dead_engine_ends_the_generation_of_all(group, clients, who, figures):
    seen = kill_engines(group, clients, WHO[who])
    figures(f"{who} engine killed: noticed after", round(seen.noticed_after, 1), "s")
    figures(f"{who} engine killed: serves again after", round(seen.healed_after, 1), "s")
