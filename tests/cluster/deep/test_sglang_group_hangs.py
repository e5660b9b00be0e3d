"""A real SGLang over two pods: an engine that hangs, and pods that do not reach each other."""

from __future__ import annotations

import pytest

from tests.cluster.kube import wait_for
from tests.cluster.node import Node, command_line
from tests.cluster.pace import patience
from tests.cluster.real_groups import (
    assert_broke,
    facts,
    fixtures_of,
    hang_engine,
    has_healed,
    note,
    watch,
)
from tests.cluster.release import Release

COVERS = (
    "chart-templates", "sidecar/proof/engine.sh", "sidecar/proof/sgl_kernel.py",
    "sidecar/proof/sglang.sh", "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt",
    "sidecar/requirements-sglang.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True
WHO = {"leader's": 0, "worker's": 1}
GONE_SECONDS = 20 + 10 + 10
"""The lease, the stop, and a reserve."""
installed, group = fixtures_of("sglang-group")


@pytest.mark.parametrize("who", WHO)
def test_an_engine_that_hangs_is_noticed_by_lack_of_progress(group, clients, figures, who):
    note(figures, f"{who} engine hangs", hang_engine(group, clients, WHO[who]))


def test_a_cut_stops_both_engines_and_heals(group, clients, node, figures):
    before = facts(group, 0)
    seen = watch(group, clients, lambda: cut(group, node), lambda: has_healed(group, before))
    assert_broke(seen, 0)
    seen.assert_honest(patience(GONE_SECONDS))
    note(figures, "cut apart", seen)


def cut(group: Release, node: Node) -> None:
    """Until no engine is left, which would have to believe in the other."""
    pods = group.pods()
    one, other = (pod["status"]["podIP"] for pod in pods)
    with node.cut(f"{group.kube.namespace}_{group.name}", [(one, other), (other, one)]):
        wait_for(lambda: not engines(pods, node), "the end of both engines", GONE_SECONDS)


def engines(pods: list[dict], node: Node) -> list[int]:
    """Their processes, seen from the node. Gateways have the same words as arguments."""
    uids = [pod["metadata"]["uid"] for pod in pods]
    found = [pid for uid in uids for pid in node.processes(uid, "sglang.launch_server")]
    return [pid for pid in found if "wings_infer" not in command_line(pid)]
