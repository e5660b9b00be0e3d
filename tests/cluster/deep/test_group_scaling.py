"""Groups of four: one, three, one. What is there goes on; what goes finishes what it took."""

from __future__ import annotations

import time

import pytest

from tests.cluster.groups import Groups, vary
from tests.cluster.kube import wait_for
from tests.cluster.release import is_ready

COVERS = (
    "chart-templates/alone", "chart-templates/core", "chart-templates/leader-worker",
    "chart-templates/storage", "chart-templates/tests", "sidecar/wings_infer",
)  # fmt: skip
SIZE = 4
# Each engine's version is the name of its pod: answers show who made them.
NAMES = {"FAKE_VERSION": {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}}
TOO_LONG = 1000
"""Tokens: 50 s at least, and a group has 20 s to finish."""


@pytest.fixture(scope="module")
def groups(module_release, clients, tmp_path_factory) -> Groups:
    """One group."""
    profile = vary(
        tmp_path_factory.mktemp("profiles"), "wide", nodes=SIZE, replicas=1,
        parallelism={"pipeline": SIZE}, env=NAMES,
        # How long a group without a name is waited for: what is removed with it, holds that long.
        gateway_env={"WINGS_TURN_ABSENT_SECONDS": 15},
    )  # fmt: skip
    release = module_release("wide", profile)
    release.apply_ok()
    return Groups(release, clients, SIZE)


def test_more_groups_join_and_clients_notice_nothing(groups, figures):
    groups.wait_ready(1)
    seen = groups.watch(lambda: groups.upgrade("replicas=3"), 1, 3)
    seen.assert_no_failure(one_version=False)
    seen.assert_turns()
    for group in range(3):
        kube, name = groups.release.kube, groups.stateful_set(group)
        printed = kube.ok("rollout", "status", f"statefulset/{name}", "--watch=false")
        assert "complete" in printed, printed
    figures("requests while two groups joined", seen.load["requests"])


def test_all_leaders_answer_with_their_own_workers(groups):
    groups.wait_ready(3)
    assert all(is_ready(pod) for pod in groups.release.pods())
    with groups.clients.load(groups.release.url) as load:
        seen = load.result()
    answered = {frozenset(each.split()) for each in seen["fingerprints"]}
    assert answered <= {members(groups, group) for group in range(3)}
    for group in range(3):
        assert frozenset(groups.versions(group).split()) == members(groups, group)


def members(groups: Groups, group: int) -> frozenset[str]:
    return frozenset(f"{groups.stateful_set(group)}-{index}" for index in range(SIZE))


def test_fewer_groups_finish_what_they_took(groups, figures):
    groups.wait_ready(3)
    with (
        groups.clients.streams(groups.url(1), count=4, max_tokens=300) as one,
        groups.clients.streams(groups.url(2), count=4, max_tokens=300) as other,
    ):
        assert (one.first_line, other.first_line) == ("open", "open")
        seen = groups.watch(lambda: groups.upgrade("replicas=1"), 1, 1)
        streams = [*one.result(), *other.result()]
    assert all(each["done"] and not each["error"] for each in streams), streams
    seen.assert_no_failure(one_version=False)
    seen.assert_turns()
    figures("streams finished by groups that went", len(streams))


def test_a_stream_beyond_the_deadline_is_cut_visibly(groups, figures):
    groups.wait_ready(1)
    leader = groups.leader(0)
    pod = groups.release.kube.read("pod", leader)
    grace = pod["spec"]["terminationGracePeriodSeconds"]
    with groups.clients.streams(groups.url(0), count=2, max_tokens=TOO_LONG) as streams:
        assert streams.first_line == "open"
        began = time.monotonic()
        groups.release.kube.ok("delete", "pod", leader, "--wait=false")
        cut = streams.result()
        seconds = time.monotonic() - began
    wait_for(lambda: is_gone(groups, leader, pod["metadata"]["uid"]), "the end of the pod", 180)
    assert seconds < grace, "not by kubelet's kill"
    for each in cut:
        assert each["error"], each
        assert not each["done"]
        assert each["chunks"] > 1
    groups.wait_ready(1)
    figures("a stream that was too long was cut after", round(seconds, 1), "s")


def is_gone(groups: Groups, pod: str, uid: str) -> bool:
    """The name may have another pod already."""
    done = groups.release.kube.run("get", "pod", pod, "-o", "jsonpath={.metadata.uid}")
    return done.stdout != uid
