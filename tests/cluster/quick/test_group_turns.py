"""Two groups of one release, each of two StatefulSets, as leader and workers differ: one at a time.

One release for all tests of this file; each waits until both groups are complete.
"""

from __future__ import annotations

import json

import pytest

from tests.cluster.broken_versions import EXITS, assert_helm_takes_it_back
from tests.cluster.clients import CHAT
from tests.cluster.groups import VERSION, Groups, vary
from tests.cluster.kube import Done, wait_for
from tests.cluster.release import may_be_drained

SIZE = 2
# Not the same resources, nor the same variables, of both roles.
ROLES = {
    "leader": {"engine": {"resources": {"limits": {"memory": "160Mi"}}}},
    "worker": {"engine": {"env": {"FAKE_LOAD_SECONDS": 1}}},
}
TOKENS = 200
"""Of a stream: ten seconds of it at least."""


@pytest.fixture(scope="module")
def installed(module_release, clients, tmp_path_factory) -> Groups:
    """Two groups, four StatefulSets."""
    folder = tmp_path_factory.mktemp("profiles")
    profile = vary(folder, "roles", replicas=2, roles=ROLES, env={}, gateway_env={})
    release = module_release("roles", profile)
    release.install_ok("--set", "shutdown.drainSeconds=60", *may_be_drained(release.kube))
    return Groups(release, clients, SIZE, set_name="{name}-{group}-leader")


@pytest.fixture
def groups(installed) -> Groups:
    installed.wait_ready(2)
    return installed


def test_the_roles_differ_and_the_groups_form(groups):
    limits = {pod["metadata"]["name"]: memory_of_engine(pod) for pod in groups.release.pods()}
    assert limits == {
        "roles-0-leader-0": "160Mi", "roles-0-worker-1": "128Mi",
        "roles-1-leader-0": "160Mi", "roles-1-worker-1": "128Mi",
    }  # fmt: skip
    assert groups.all_versions(2) == groups.same("a", "a")
    assert "streaming: ok" in groups.release.kube.helm_ok("test", groups.release.name, "--logs")


def memory_of_engine(pod) -> str:
    (engine,) = (each for each in pod["spec"]["containers"] if each["name"] == "fake-engine")
    return str(engine["resources"]["limits"]["memory"])


def test_an_evicted_worker_outlives_the_streams_and_no_other_group_goes(groups):
    chat = f"{groups.url(0)}/v1/chat/completions"
    before = groups.all_versions(2)
    with groups.clients.streams(groups.url(0), count=4, max_tokens=TOKENS) as streams:
        assert streams.first_line == "open"
        # A budget may count the pods some time after they became ready.
        wait_for(lambda: evict(groups, "roles-0-worker-1").returncode == 0, "the eviction")
        refused = evict(groups, "roles-1-worker-1")
        assert "disruption budget" in refused.stderr, refused
        wait_for(lambda: groups.clients.try_post(chat, CHAT % 2) == 503, "a leader that refuses")
        found = streams.result()
    assert all(each["done"] and not each["error"] for each in found), found
    groups.wait_ready(2)
    assert groups.all_versions(2) == before


def evict(groups: Groups, pod: str) -> Done:
    """Through the API that drains use; refused where a PodDisruptionBudget is in the way."""
    kube = groups.release.kube
    metadata = {"name": pod, "namespace": kube.namespace}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    path = f"/api/v1/namespaces/{kube.namespace}/pods/{pod}/eviction"
    return kube.run("create", "--raw", path, "-f", "-", text=json.dumps(eviction))


def test_a_canary_is_one_group_and_the_other_follows_later(groups):
    old = groups.all_versions(2)
    seen = groups.watch(lambda: groups.upgrade(f"{VERSION}=canary", "rollout.upTo=0"), 2, 2)
    seen.assert_no_failure()
    seen.assert_turns(0)
    assert groups.all_versions(2) == [*groups.same("canary"), old[1]]

    seen = groups.watch(lambda: groups.upgrade("rollout.upTo=null"), 2, 2)
    seen.assert_no_failure()
    seen.assert_turns(1)
    assert groups.all_versions(2) == groups.same("canary", "canary")


def test_helm_takes_a_broken_version_back_while_the_other_group_serves(groups):
    assert_helm_takes_it_back(groups, EXITS)


def test_a_drain_of_the_node_takes_one_group_after_the_other(groups, drain):
    before = {pod["metadata"]["uid"] for pod in groups.release.pods()}
    seen = groups.watch(lambda: drain(groups.release.kube), 2, 2)
    seen.assert_no_failure()
    seen.assert_one_at_a_time()
    assert not before & {pod["metadata"]["uid"] for pod in groups.release.pods()}
