"""Pods of groups that end: the leader finishes, its workers outlive it, one group at a time."""

from __future__ import annotations

import json
import time

import pytest

from tests.cluster.clients import CHAT
from tests.cluster.groups import Groups
from tests.cluster.kube import Done, wait_for
from tests.cluster.release import may_be_drained

SIZE = 2
SLOW = ["--set", "engine.env.FAKE_TOKEN_MS=100", "--set", "replicas=2"]


@pytest.fixture(scope="module")
def groups(module_release, clients) -> Groups:
    """Two groups, whose streams give ten pieces a second; 20 s to finish them."""
    release = module_release("turns")
    release.install_ok(*SLOW, *may_be_drained(release.kube))
    return Groups(release, clients, SIZE)


def evict(groups: Groups, pod: str) -> Done:
    """Through the API that drains use; refused where a PodDisruptionBudget is in the way."""
    kube = groups.release.kube
    metadata = {"name": pod, "namespace": kube.namespace}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    path = f"/api/v1/namespaces/{kube.namespace}/pods/{pod}/eviction"
    return kube.run("create", "--raw", path, "-f", "-", text=json.dumps(eviction))


def test_an_evicted_worker_outlives_the_streams_and_no_other_group_goes(groups):
    groups.wait_ready(2)
    chat = f"{groups.url(0)}/v1/chat/completions"
    with groups.clients.streams(groups.url(0), count=4, max_tokens=100) as streams:
        assert streams.first_line == "open"
        done = evict(groups, "turns-0-1")
        assert done.returncode == 0, done.stderr
        refused = evict(groups, "turns-1-1")
        assert "disruption budget" in refused.stderr, refused
        wait_for(lambda: groups.clients.try_post(chat, CHAT % 2) == 503, "a leader that refuses")
        found = streams.result()
    assert all(each["done"] and not each["error"] for each in found), found
    groups.wait_ready(2)
    assert groups.all_versions(2) == groups.same("a", "a")


def test_a_stream_beyond_the_deadline_is_cut_visibly(groups):
    groups.wait_ready(2)
    leader = groups.leader(0)
    pod = groups.release.kube.read("pod", leader)
    with groups.clients.streams(groups.url(0), count=2, max_tokens=1000) as streams:
        assert streams.first_line == "open"
        began = time.monotonic()
        groups.release.kube.ok("delete", "pod", leader, "--wait=false")
        cut = streams.result()
        seconds = time.monotonic() - began
    wait_for(lambda: is_gone(groups, leader, pod["metadata"]["uid"]), "the end of the pod", 180)
    assert seconds < pod["spec"]["terminationGracePeriodSeconds"], "not by kubelet's kill"
    for each in cut:
        assert each["error"], each
        assert not each["done"]
        assert each["chunks"] > 1
    groups.wait_ready(2)


def is_gone(groups: Groups, pod: str, uid: str) -> bool:
    """The name may have another pod already."""
    done = groups.release.kube.run("get", "pod", pod, "-o", "jsonpath={.metadata.uid}")
    return done.stdout != uid


def test_a_drain_of_the_node_takes_one_group_after_the_other(groups, drain, capsys):
    groups.wait_ready(2)
    before = {pod["metadata"]["uid"] for pod in groups.release.pods()}
    seen = groups.watch(lambda: drain(groups.release.kube), 2, 2)
    with capsys.disabled():
        print(f"\nnode drained: {seen}")
    seen.assert_no_failure()
    seen.assert_one_at_a_time()
    assert not before & {pod["metadata"]["uid"] for pod in groups.release.pods()}
