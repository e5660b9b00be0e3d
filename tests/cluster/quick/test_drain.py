"""The end of pods: streams are finished, or cut so that one sees it, and a node's drain ends."""

from __future__ import annotations

from functools import partial

import pytest

from tests.cluster.changes import Changes
from tests.cluster.kube import wait_for
from tests.cluster.pace import patience
from tests.cluster.release import Release, is_ready, may_be_drained
from tests.cluster.stories import all_at_once

DRAINED = {
    "one-ready": (1, True),
    "two-ready": (2, True),
    "one-loading": (1, False),
    "two-loading": (2, False),
}
"""How many pods, and whether they ever become ready."""


@pytest.fixture(scope="module")
def installed(module_release) -> dict[str, Release]:
    """One release with time enough to finish 16 streams on a starved machine, and those whose
    pods are drained."""
    fake = module_release("fake")
    releases = {name: fake.sibling(name) for name in DRAINED}
    stories = {
        name: partial(install_drained, release, *DRAINED[name])
        for name, release in releases.items()
    }
    stories["fake"] = partial(fake.install_ok, "--set", "shutdown.drainSeconds=90")
    all_at_once(stories)
    return {"fake": fake, **releases}


def install_drained(release: Release, count: int, is_ready: bool) -> None:
    never = [] if is_ready else ["--set", "engine.env.FAKE_LOAD_SECONDS=600"]
    mark = [*may_be_drained(release.kube), "--set", f"replicas={count}"]
    done = release.install(*mark, *never)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def fake(installed) -> Release:
    return installed["fake"]


def gone(fake: Release, pod: str) -> bool:
    return pod not in {each["metadata"]["name"] for each in fake.all_pods()}


def tokens() -> int:
    """At 50 a second: long enough that the pod is told to end meanwhile."""
    return min(1000, int(patience(200)))


def assert_whole(streams: list[dict[str, object]], count: int) -> None:
    assert len(streams) == count
    assert all(each["done"] and not each["error"] for each in streams), streams


def test_a_deleted_pod_finishes_its_streams(fake, clients):
    (pod,) = fake.wait_ready(1)
    with clients.streams(fake.url, count=16, max_tokens=tokens()) as streams:
        assert streams.first_line == "open"
        fake.kube.ok("delete", "pod", pod, "--wait=false")
        assert streams.goes_on
        assert_whole(streams.result(), 16)
    # While it ends, the Service of a lone pod leads to it, too.
    wait_for(lambda: gone(fake, pod), "the end of the pod", limit=300)


def test_a_rollout_finishes_the_streams_of_the_old_pod(fake, clients):
    fake.wait_ready(1)
    with clients.streams(fake.url, count=16, max_tokens=tokens()) as streams:
        assert streams.first_line == "open"
        fake.kube.ok("rollout", "restart", "deployment/fake")
        assert streams.goes_on
        assert_whole(streams.result(), 16)
    fake.kube.ok("rollout", "status", "deployment/fake", "--timeout=300s", limit=320)


def test_a_stream_beyond_the_deadline_is_cut_visibly(fake, clients):
    before = fake.wait_ready(1)
    fake.upgrade_ok("--set", "shutdown.drainSeconds=5")
    (pod,) = wait_for(lambda: others(fake, before), "the pod of the upgrade", limit=300)
    with (
        Changes(fake.kube, "api/v1/pods") as changes,
        clients.streams(fake.url, count=2, max_tokens=1000) as streams,
    ):
        assert streams.first_line == "open"
        fake.kube.ok("delete", "pod", pod, "--wait=false")
        cut = streams.result()
        wait_for(lambda: ended(changes, pod), "the end of the pod", limit=300)
        assert set(exit_codes(changes, pod)) == {0}, "by itself, not by kubelet's kill"
    for each in cut:
        assert each["error"], each
        assert not each["done"]
        assert each["chunks"] > 1


def others(fake: Release, before: list[str]) -> list[str]:
    """The one pod, ready, if it is another one."""
    pods = [pod["metadata"]["name"] for pod in fake.pods() if is_ready(pod)]
    return pods if len(pods) == 1 and pods != before else []


def ended(changes: Changes, pod: str) -> bool:
    return any(each.kind == "DELETED" for each in changes.of(pod))


def exit_codes(changes: Changes, pod: str) -> list[int]:
    """Of both containers, as kubelet reported them last."""
    statuses = changes.of(pod)[-1].thing["status"]["containerStatuses"]
    assert len(statuses) == 2
    return [each["state"]["terminated"]["exitCode"] for each in statuses]


def test_a_drain_of_the_node_ends(installed, drain):
    """Of ready pods and such as never become it, lone ones and pairs, all at once."""
    before = {name: running(installed[name], *DRAINED[name]) for name in DRAINED}
    drain(installed["fake"].kube)
    for name, pods in before.items():
        left = {pod["metadata"]["name"] for pod in installed[name].pods()}
        assert not left & set(pods), name


def running(release: Release, count: int, is_ready: bool) -> list[str]:
    if is_ready:
        return release.wait_ready(count)
    return wait_for(lambda: loading(release, count), f"loading pods of {release.name}", limit=300)


def loading(release: Release, count: int) -> list[str]:
    """All of them, once they run."""
    pods = [pod for pod in release.pods() if pod["status"].get("phase") == "Running"]
    return [str(pod["metadata"]["name"]) for pod in pods] if len(pods) == count else []
