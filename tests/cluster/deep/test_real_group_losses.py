"""A real vLLM over two pods: agents that die, and pods that are deleted."""

from __future__ import annotations

import pytest

from tests.cluster.clients import Clients
from tests.cluster.pace import patience
from tests.cluster.real_groups import (
    DETECTION_SECONDS,
    SETTINGS,
    SHORT,
    await_serving,
    facts,
    has_healed,
    pod_of,
    watch,
)
from tests.cluster.release import GATEWAY, Release, is_ready

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


@pytest.mark.parametrize("index", [0, 1], ids=["leader's", "worker's"])
def test_an_agent_that_dies_finds_its_engine_again(group, clients, node, index, figures):
    before = [facts(group, each) for each in (0, 1)]
    states = group.kube.read("pod", pod_of(group, index))["status"]["containerStatuses"]
    agent = next(each["containerID"] for each in states if each["name"] == GATEWAY)

    def is_back() -> bool:
        count = facts(group, index)["restarts"][GATEWAY]
        return count > before[index]["restarts"][GATEWAY] and all(map(is_ready, group.pods()))

    seen = watch(group, clients, lambda: node.kill_first_process(agent), is_back, SHORT)
    for old, new in zip(before, [facts(group, each) for each in (0, 1)], strict=True):
        for same in ("uid", "generation", "processes"):
            assert old[same] == new[same], "the engine has to be adopted, not started again"
    (stream,) = seen.streams
    assert stream["done"] or (index == 0 and stream["error"]), stream
    seen.assert_honest(0 if index else patience(DETECTION_SECONDS))
    figures(f"agent of pod {index} killed: serves again after", round(seen.healed_after, 1), "s")


@pytest.mark.parametrize("index", [0, 1], ids=["leader's", "worker's"])
def test_a_deleted_pod_loses_nothing_and_comes_back(group, clients, index, figures):
    before = [facts(group, each) for each in (0, 1)]

    def delete() -> None:
        group.kube.ok("delete", "pod", pod_of(group, index), "--wait=false")

    seen = watch(group, clients, delete, lambda: has_healed(group, before[0]), SHORT)
    after = [facts(group, each) for each in (0, 1)]
    assert after[index]["uid"] != before[index]["uid"]
    assert after[1 - index]["uid"] == before[1 - index]["uid"]
    assert after[1 - index]["restarts"] == before[1 - index]["restarts"]
    assert after[0]["generation"] == after[1]["generation"] != before[0]["generation"]
    assert seen.streams[0]["done"], seen.streams
    seen.assert_honest(0)
    figures(f"pod {index} deleted: serves again after", round(seen.healed_after, 1), "s")
