"""Groups of several pods: they form, answer, fail as one and heal without a hand."""

from __future__ import annotations

import time

import pytest

from tests.cluster.kube import wait_for
from tests.cluster.release import ENGINE, Release, is_ready

SIZE = 3
PID = "$(sed -n 's/^pid: //p' /shared-volume/engine_status.txt)"


@pytest.fixture(scope="module")
def group(module_release) -> Release:
    """One group, healed after each test."""
    release = module_release("fake-group")
    release.install_ok()
    return release


def pod_of(group: Release, index: int) -> str:
    return f"{group.name}-0-{index}"


def generation(group: Release) -> str:
    return str(group.status(pod_of(group, 0))["group"]["generation"])


def serves(group: Release, clients) -> bool:
    """A chat through the client Service is answered."""
    body = '{"messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}'
    code = clients.try_post(f"{group.url}/v1/chat/completions", body)
    return code == 200


def test_a_group_forms_and_answers(group, clients):
    group.wait_ready(SIZE)
    assert serves(group, clients)
    printed = group.kube.helm_ok("test", group.name, "--logs")
    assert "streaming: ok" in printed


@pytest.mark.parametrize("index", range(SIZE))
@pytest.mark.parametrize("what", ["engine", "pod", "pod at once"])
def test_a_group_heals(group, clients, index, what, capsys):
    group.wait_ready(SIZE, limit=180)
    before = generation(group)
    pod = pod_of(group, index)
    if what == "engine":
        group.exec(ENGINE, "sh", "-c", f"kill -9 {PID}", pod=pod)
    elif what == "pod":
        group.kube.ok("delete", "pod", pod, "--wait=false")
    else:
        group.kube.ok("delete", "pod", pod, "--force", "--grace-period=0")
    began = time.monotonic()
    wait_for(lambda: changed(group, before), "another generation", limit=180)
    group.wait_ready(SIZE, limit=180)
    wait_for(lambda: serves(group, clients), "an answer", limit=60)
    with capsys.disabled():
        print(f"\n{what} of pod {index}: serves again after {time.monotonic() - began:.1f} s")


def changed(group: Release, before: str) -> bool:
    """The leader's agent answers, and leads another generation than before."""
    try:
        return generation(group) != before
    except AssertionError:  # its pod is on the way
        return False


def test_scaling_adds_and_removes_whole_groups(group, clients):
    group.wait_ready(SIZE, limit=180)
    for count in (2, 1):
        group.upgrade_ok("--set", f"replicas={count}", "--wait", "--timeout", "240s")
        group.wait_ready(SIZE * count, limit=180)
        leaders = [pod for pod in group.pods() if pod["metadata"]["name"].endswith("-0")]
        assert len(leaders) == count
        assert all(is_ready(pod) for pod in leaders)
        assert serves(group, clients)
