"""A real vLLM over two pods, tensor parallel: forms, answers, and heals from a killed engine.

Whatever else may die or hang: deep/test_real_group_*.py.
"""

from __future__ import annotations

import json
import re

import pytest

from tests.cluster.clients import CHAT, Clients
from tests.cluster.real_groups import (
    SETTINGS,
    await_serving,
    facts,
    kill_engines,
    leader_url,
    pod_of,
)
from tests.cluster.release import Release, is_ready

HEAVY = True


@pytest.fixture(scope="module")
def installed(module_release) -> Release:
    release = module_release("real-group")
    release.install_ok(*SETTINGS)
    return release


@pytest.fixture
def group(installed: Release, clients: Clients) -> Release:
    """The release while it serves."""
    return await_serving(installed, clients)


def test_a_group_forms_and_every_client_is_served(group, clients):
    assert all(map(is_ready, group.pods()))
    seen = json.loads(clients.run("talk.py", f"{group.url}/v1", "tiny"))
    assert seen["models"] == ["tiny"]
    assert seen["chat_tokens"] == seen["text_tokens"] == 8
    assert seen["finish"] == "length"
    assert seen["pieces"] >= 2
    printed = group.kube.helm_ok("test", group.name, "--logs")
    for check in ("health: ok", "models: ok", "chat: ok", "streaming: ok"):
        assert check in printed


def test_both_pods_report_the_same_generation(group, clients):
    leader, worker = (facts(group, index) for index in (0, 1))
    status, text = clients.get(f"{leader_url(group)}/health")
    assert (status, json.loads(text)["status"]) == (200, "healthy")
    page = json.loads(group.page("/group", pod_of(group, 0)))
    assert page["members"] == [leader["uid"], worker["uid"]]
    assert re.fullmatch(r"[0-9]{1,9}-[0-9a-f]{16}", page["generation"])
    groups = [group.status(pod_of(group, index))["group"] for index in (0, 1)]
    generations = {each["generation"] for each in (page, leader, worker, *groups)}
    assert generations == {page["generation"]}
    assert [each["role"] for each in groups] == ["leader", "worker"]
    assert groups[0]["phase"] == groups[1]["leader"]["phase"] == "run"
    (member,) = groups[0]["members"]
    assert (member["name"], member["pod"]) == (pod_of(group, 1), worker["uid"])
    assert member["engine"] == "running"
    url = leader_url(group).replace(pod_of(group, 0), pod_of(group, 1))
    assert clients.get(f"{url}/health")[0] == 200
    status, text = clients.post(f"{url}/v1/chat/completions", CHAT % 1)
    assert (status, "requests go to the leader" in text) == (503, True)


def test_the_engines_are_started_as_the_chart_says(group):
    leader, worker = (group.argv(pod_of(group, index)) for index in (0, 1))
    address = f"{pod_of(group, 0)}.{group.name}-peers.{group.kube.namespace}.svc"
    expected = {"--nnodes": "2", "--tensor-parallel-size": "2", "--master-addr": address}
    for rank, argv in (("0", leader), ("1", worker)):
        found = {flag: argv[argv.index(flag) + 1] for flag in (*expected, "--node-rank")}
        assert found == expected | {"--node-rank": rank}
    assert set(leader) ^ set(worker) == {"0", "1", "--headless"}
    assert "--headless" in worker
    address = group.kube.read("pod", pod_of(group, 1))["status"]["podIP"]
    assert f"VLLM_HOST_IP={address}" in group.of_engine("environ", pod_of(group, 1))


def test_a_dead_worker_ends_the_generation_of_all(group, clients):
    kill_engines(group, clients, (1,))
