"""`wingsctl init --from-cluster`: what is read of the nodes of a cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import fake_kubectl, run_program
from tests.support.rows import check_rows
from wingsctl.actions.init_profile import InitRequest, read_cluster
from wingsctl.adapters.yaml_files import parse_objects, parse_yaml
from wingsctl.plan.new_profile import Answers

CLUSTERS = Path(__file__).parent / "clusters"
ANSWERS = Answers("qwen3-8b", "")
POOLS: dict[str, list[tuple[str, str, int, int]]] = {
    "l4-single": [("nvidia-l4", "", 1, 2)],
    "h200-rdma": [("nvidia-h200", "", 8, 2)],
    "mig": [
        ("nvidia-a100-80gb", "nvidia.com/mig-1g.10gb", 2, 1),
        ("nvidia-a100-80gb", "nvidia.com/mig-3g.40gb", 2, 1),
    ],
    "amd-and-nvidia": [
        ("amd-mi300x", "", 8, 1), ("nvidia-l40s", "", 4, 1), ("nvidia-t4", "", 1, 1),
    ],
    "no-gpu": [],
    "gb200": [("nvidia-gb200", "", 4, 4)],
    "gaudi": [("intel-gaudi-2", "", 8, 1)],
    "machines": [("nvidia-l4", "", 4, 1)],
}  # fmt: skip
"""Card, resource where it is another than the card's, devices of a node, nodes."""


def test_alike_nodes_are_one_pool() -> None:
    check_rows(POOLS, other_pools)


def other_pools(name: str) -> Any:
    cluster = read_cluster(InitRequest(ANSWERS, cluster=str(CLUSTERS / f"{name}.yaml")))
    assert cluster is not None
    found = [(each.accelerator, each.resource, each.devices, each.nodes) for each in cluster.pools]
    if found != POOLS[name]:
        yield f"has {found}"


@pytest.fixture
def made(wingsctl, tmp_path):
    """The profile for a cluster, and the envelope."""

    def run(cluster: str, *words: object) -> tuple[dict[str, Any], dict[str, Any]]:
        file = tmp_path / "x.wings.yaml"
        words = ("--from-cluster", CLUSTERS / f"{cluster}.yaml", "--yes", "--to", file, *words)
        outcome = wingsctl("init", *words, "--force", "-o", "json")
        assert outcome.code == 0, outcome.stderr + outcome.stdout
        return parse_yaml(file.read_text("utf-8"), "x").data, json.loads(outcome.stdout)

    return run


def test_taints_of_the_nodes_are_tolerated(made):
    profile, envelope = made("l4-single", "--model", "qwen3-4b-instruct-2507")
    assert profile["accelerator"] == "nvidia-l4"
    assert profile["pod"]["tolerations"] == [
        {"key": "team", "operator": "Equal", "value": "llm", "effect": "NoSchedule"}
    ]
    assert envelope["data"]["remarks"] == ["1 node: not ready, or cordoned"]
    assert envelope["problems"] == []


def test_no_pod_takes_more_than_a_node_has(made, wingsctl):
    profile, envelope = made("l4-single", "--model", "qwen3-8b")
    assert {each["count"] for each in envelope["data"]["proposals"]} == {1}
    assert profile["model"]["maxLength"] < 32768
    outcome = wingsctl(
        "init", "--from-cluster", CLUSTERS / "l4-single.yaml", "--yes", "--model", "qwen3-32b"
    )
    assert outcome.code == 4
    assert "no layout of nvidia-l4 (1 on each of 2 nodes) holds" in outcome.stderr


def test_numbers_beyond_the_nodes_are_refused(wingsctl):
    words = ("--from-cluster", CLUSTERS / "h200-rdma.yaml", "--yes", "--model", "qwen3-8b")
    for more in (("--count", "16"), ("--nodes", "3"), ("--count", "16", "--nodes", "2")):
        outcome = wingsctl("init", *words, *more)
        assert outcome.code == 4, more
        assert "no layout of nvidia-h200 (8 on each of 2 nodes) holds" in outcome.stderr


def test_a_group_takes_the_fabric_of_the_nodes(made):
    profile, _ = made("h200-rdma", "--model", "kimi-k2-instruct")
    assert (profile["nodes"], profile["fabric"]) == (2, "roce-sriov")
    assert profile["accelerator"] == {"name": "nvidia-h200", "count": 8}


def test_a_slice_of_a_card_is_one_device(made):
    profile, envelope = made("mig", "--model", "qwen3-8b")
    assert profile["accelerator"] == {
        "name": "nvidia-a100-80gb", "count": 1, "resource": "nvidia.com/mig-3g.40gb",
    }  # fmt: skip
    assert {each["cards"] for each in envelope["data"]["proposals"]} == {1}


def test_cards_of_one_resource_are_told_apart(made):
    profile, envelope = made("amd-and-nvidia", "--model", "qwen3-8b", "--accelerator", "amd-mi300x")
    assert "strict" not in str(profile["accelerator"])
    profile, envelope = made("amd-and-nvidia", "--model", "qwen3-8b")
    assert {each["accelerator"] for each in envelope["data"]["proposals"]} == {
        "amd-mi300x", "nvidia-l40s",
    }  # fmt: skip
    assert profile["pod"] == {"nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-l40s"}}
    profile, _ = made("amd-and-nvidia", "--model", "qwen3-4b-awq", "--accelerator", "nvidia-t4")
    assert profile["accelerator"] == {"name": "nvidia-t4", "count": 1, "strict": True}
    remarks = "\n".join(envelope["data"]["remarks"])
    for part in ("NVIDIA-A10G-SHARED", "NVIDIA-X900", "without a label that names the card"):
        assert part in remarks


def test_a_card_that_is_named_decides_where_labels_do_not(made):
    profile, _ = made("gaudi", "--model", "qwen3-8b", "--accelerator", "intel-gaudi-3")
    assert profile["accelerator"] == "intel-gaudi-3"
    _, envelope = made("gaudi", "--model", "qwen3-8b")
    assert "the smaller is assumed" in envelope["data"]["remarks"][0]


def test_other_machines_are_remarked(made):
    profile, envelope = made("gb200", "--model", "deepseek-r1")
    assert (profile["nodes"], profile["accelerator"]["count"]) == (2, 4)
    remarks = "\n".join(envelope["data"]["remarks"])
    assert "4 nodes: arm64 machines" in remarks
    assert "1 node: vpc.amazonaws.com/efa is of no fabric" in remarks
    assert profile["pod"]["tolerations"][0]["value"] == "arm64"


def test_without_cards_only_a_small_model_is_offered(made, wingsctl):
    profile, envelope = made("no-gpu", "--model", "qwen3-0.6b")
    assert profile["accelerator"] == "none"
    assert "no accelerator in the cluster" in envelope["data"]["remarks"][0]
    words = ("--from-cluster", CLUSTERS / "no-gpu.yaml", "--yes", "--model", "qwen3-32b")
    outcome = wingsctl("init", *words)
    assert (outcome.code, "too large for a CPU" in outcome.stderr) == (4, True)
    outcome = wingsctl("init", *words, "--accelerator", "nvidia-l4")
    assert (outcome.code, "the cluster has no nvidia-l4" in outcome.stderr) == (4, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no object of kind Node"),
        ("[1, 2]", "holds no object of kind Node"),
        ("{", "is not JSON"),
        ("a: [", "is neither JSON nor YAML"),
        ('{"kind": "List", "items": [{"kind": "Pod"}]}', "holds no object of kind Node"),
        ('{"kind": "Node", "metadata": 3}', "holds a Node without metadata"),
        ("[" * 200_000, "levels deep"),
        ('{"a":' * 100_000, "is not JSON"),
    ],
)
def test_a_file_that_is_no_list_of_nodes(text, message, wingsctl, tmp_path):
    file = tmp_path / "nodes.yaml"
    file.write_text(text, encoding="utf-8")
    outcome = wingsctl("init", "--from-cluster", file, "--yes", "--model", "qwen3-8b")
    assert (outcome.code, "Traceback" in outcome.stderr) == (3, False), outcome.stderr
    assert message in outcome.stderr


def test_odd_nodes_are_left_out(wingsctl, tmp_path):
    odd = [
        {"kind": "Node", "metadata": {"labels": 3}, "spec": [], "status": {"allocatable": "no"}},
        {"kind": "Node", "metadata": {}, "spec": {"taints": [1]}, "status": {"conditions": [7]}},
        {"kind": "Node", "metadata": {}, "status": {"allocatable": {"nvidia.com/gpu": "1e9"}}},
    ]
    file = tmp_path / "nodes.json"
    file.write_text(json.dumps({"items": odd}), encoding="utf-8")
    words = ("--from-cluster", file, "--yes", "--model", "qwen3-0.6b", "--to", "-")
    outcome = wingsctl("init", *words)
    assert (outcome.code, "accelerator: none" in outcome.stdout) == (0, True), outcome.stderr


def nodes_as_json(name: str) -> str:
    (objects,) = parse_objects((CLUSTERS / f"{name}.yaml").read_text("utf-8"))
    return json.dumps(objects)


def test_kubectl_is_run_for_the_nodes(beside_fakes, tmp_path):
    fake_kubectl(tmp_path / "bin", {"get nodes": nodes_as_json("h200-rdma")})
    words = ("--model", "qwen3-8b", "--to", "-", "--from-cluster", "--yes")
    outcome = beside_fakes("init", *words)
    assert outcome.code == 0, outcome.stderr
    assert "accelerator: nvidia-h200" in outcome.stdout
    calls = (tmp_path / "bin" / "kubectl.calls").read_text("utf-8").splitlines()
    assert len(calls) == 1
    assert "get nodes -o json" in calls[0]


def test_without_kubectl_the_way_without_it_is_shown(beside_fakes, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    words = ("--model", "qwen3-8b", "--from-cluster", "--yes")
    outcome = beside_fakes("init", *words, PATH=str(empty))
    assert outcome.code == 6
    assert "kubectl is not on the PATH" in outcome.stderr
    assert "--from-cluster nodes.json" in outcome.stderr


def test_nodes_come_from_standard_input():
    done = run_program(
        "init", "--from-cluster", "-", "--yes", "--model", "qwen3-8b", "--to", "-",
        stdin=nodes_as_json("h200-rdma"),
    )  # fmt: skip
    assert (done.returncode, "nvidia-h200" in done.stdout) == (0, True), done.stderr


def test_a_kubectl_that_fails_is_reported(beside_fakes, tmp_path):
    fake_kubectl(tmp_path / "bin", {}, does="echo 'Forbidden: nodes' >&2; exit 1")
    outcome = beside_fakes("init", "--model", "qwen3-8b", "--yes", "--from-cluster")
    assert (outcome.code, "Forbidden: nodes" in outcome.stderr) == (6, True)
    fake_kubectl(tmp_path / "bin", {"get nodes": "no JSON"})
    outcome = beside_fakes("init", "--model", "qwen3-8b", "--yes", "--from-cluster")
    assert (outcome.code, "Traceback" in outcome.stderr) == (6, False)
