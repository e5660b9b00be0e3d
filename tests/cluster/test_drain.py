"""The end of pods: streams are finished, or cut so that one sees it, and a node's drain ends."""

from __future__ import annotations

import time

import pytest

from tests.cluster.kube import wait_for
from tests.cluster.release import Release, may_be_drained


@pytest.fixture(scope="module")
def fake(module_release) -> Release:
    """A release with time enough to finish 16 streams on a starved machine."""
    release = module_release("fake")
    release.install_ok("--set", "shutdown.drainSeconds=90")
    return release


def grace_seconds(fake: Release) -> int:
    (pod,) = fake.pods()
    return int(pod["spec"]["terminationGracePeriodSeconds"])


def gone(fake: Release, pod: str) -> bool:
    return "NotFound" in fake.kube.run("get", "pod", pod).stderr


def assert_whole(streams: list[dict[str, object]], count: int) -> None:
    assert len(streams) == count
    assert all(each["done"] and not each["error"] for each in streams), streams


def test_a_deleted_pod_finishes_its_streams(fake, clients):
    (pod,) = fake.wait_ready(1)
    with clients.streams(fake.url, count=16, max_tokens=150) as streams:
        assert streams.first_line == "open"
        fake.kube.ok("delete", "pod", pod, "--wait=false")
        assert_whole(streams.result(), 16)
    # While it ends, the Service of a lone pod leads to it, too.
    wait_for(lambda: gone(fake, pod), "the end of the pod", limit=120)


def test_a_rollout_finishes_the_streams_of_the_old_pod(fake, clients):
    fake.wait_ready(1)
    with clients.streams(fake.url, count=16, max_tokens=150) as streams:
        assert streams.first_line == "open"
        fake.kube.ok("rollout", "restart", "deployment/fake")
        assert_whole(streams.result(), 16)
    fake.kube.ok("rollout", "status", "deployment/fake", "--timeout=120s")


def test_a_stream_beyond_the_deadline_is_cut_visibly(release, clients):
    fake = release("fake")
    fake.install_ok("--set", "shutdown.drainSeconds=5")
    (pod,) = fake.wait_ready(1)
    grace = grace_seconds(fake)
    with clients.streams(fake.url, count=2, max_tokens=1000) as streams:
        assert streams.first_line == "open"
        begin = time.monotonic()
        fake.kube.ok("delete", "pod", pod, "--wait=false")
        wait_for(lambda: gone(fake, pod), "the end of the pod", limit=grace + 60)
        seconds = time.monotonic() - begin
        cut = streams.result()
    assert seconds < grace, "the pod ended by itself, not by kubelet's kill"
    for each in cut:
        assert each["error"], each
        assert not each["done"]
        assert each["chunks"] > 1


@pytest.mark.parametrize("is_ready", [True, False], ids=["ready", "not ready"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_drain_of_the_node_ends(count, is_ready, release, drain):
    fake = release("fake")
    never = [] if is_ready else ["--set", "engine.env.FAKE_LOAD_SECONDS=600"]
    mark = [*may_be_drained(fake.kube), "--set", f"replicas={count}"]
    done = fake.install(*mark, *never)
    assert done.returncode == 0, done.stderr
    before = running(fake, count, is_ready)
    drain(fake.kube)
    left = {pod["metadata"]["name"] for pod in fake.pods()}
    assert not left & set(before)


def running(fake: Release, count: int, is_ready: bool) -> list[str]:
    if is_ready:
        return fake.wait_ready(count)
    wait_for(lambda: len(started(fake)) == count, "loading pods", limit=120)
    return started(fake)


def started(fake: Release) -> list[str]:
    pods = [pod for pod in fake.pods() if pod["status"].get("phase") == "Running"]
    return [str(pod["metadata"]["name"]) for pod in pods]
