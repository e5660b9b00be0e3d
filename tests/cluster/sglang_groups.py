"""A real SGLang over two pods: what it is like, and which text it makes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cluster.clients import Clients
from tests.cluster.real_groups import fixtures_of, leader_url, pod_of
from tests.cluster.release import GATEWAY, Release

TOKENS = 24
QUESTION = {
    "text": "Once upon a time",
    "sampling_params": {"temperature": 0, "max_new_tokens": TOKENS, "ignore_eos": True},
}


def fixtures_after_one_pod(profile: str) -> tuple[Any, Any, Any]:
    """What one pod answers, which is gone before the group begins; and the group's two fixtures."""

    @pytest.fixture(scope="module")
    def alone(module_release, clients: Clients) -> list[int]:
        release = module_release("sglang")
        release.apply_ok()
        tokens = greedy(release, clients)
        release.kube.helm_ok("uninstall", release.name, "--wait")
        return tokens

    return alone, *fixtures_of(profile, before="alone")


def greedy(release: Release, clients: Clients) -> list[int]:
    """The tokens that the model finds most likely: the same from every division of it."""
    status, text = clients.post(f"{release.url}/generate", json.dumps(QUESTION))
    assert status == 200, text
    return list(json.loads(text)["output_ids"])


def assert_serves_from_both(group: Release, clients: Clients, size_flag: str) -> None:
    """Each pod runs one rank; only the leader takes requests, whatever the worker's engine says."""
    pages = [group.status(pod_of(group, index))["group"] for index in (0, 1)]
    assert [each["role"] for each in pages] == ["leader", "worker"]
    assert len({each["generation"] for each in pages}) == 1
    argv = [group.argv(pod_of(group, index)) for index in (0, 1)]
    assert [each[each.index("--node-rank") + 1] for each in argv] == ["0", "1"]
    assert [each[each.index(size_flag) + 1] for each in argv] == ["2", "2"]
    worker = leader_url(group).replace(pod_of(group, 0), pod_of(group, 1))
    status, text = clients.post(f"{worker}/generate", json.dumps(QUESTION))
    assert (status, "requests go to the leader" in text) == (503, True)
    assert own_health(group, 1) == 200


def own_health(group: Release, index: int) -> int:
    """What the engine of a pod itself answers to /health."""
    code = (
        "import urllib.request as u\n"
        "try: print(u.urlopen('http://127.0.0.1:8000/health', timeout=30).status)\n"
        "except u.HTTPError as error: print(error.code)\n"
        "except OSError: print(0)\n"
    )
    return int(group.exec(GATEWAY, "python3", "-c", code, pod=pod_of(group, index)))
