"""Groups of four: one, three, one. What is there goes on; what goes finishes what it took."""

from __future__ import annotations

import pytest

from tests.cluster.groups import Groups, vary
from tests.cluster.release import is_ready

SIZE = 4
# Each engine's version is the name of its pod: answers tell who made them.
NAMES = {"FAKE_VERSION": {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}}


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
    release.install_ok()
    return Groups(release, clients, SIZE)


def test_more_groups_join_and_nobody_notices(groups, capsys):
    groups.wait_ready(1)
    seen = groups.watch(lambda: scale(groups, 3), 1, 3)
    seen.assert_no_failure(one_version=False)
    seen.assert_turns()
    for group in range(3):
        kube, name = groups.release.kube, groups.stateful_set(group)
        printed = kube.ok("rollout", "status", f"statefulset/{name}", "--watch=false")
        assert "complete" in printed, printed
    with capsys.disabled():
        print(f"\nfrom one group to three: {seen}")


def test_all_leaders_answer_with_their_own_workers(groups):
    groups.wait_ready(3)
    assert all(is_ready(pod) for pod in groups.release.pods())
    with groups.clients.load(groups.release.url) as load:
        pass_requests = load.result()
    answered = {frozenset(members.split()) for members in pass_requests["fingerprints"]}
    assert answered <= {members(groups, group) for group in range(3)}
    for group in range(3):
        assert frozenset(groups.versions(group).split()) == members(groups, group)
    assert "streaming: ok" in groups.release.kube.helm_ok("test", groups.release.name, "--logs")


def test_fewer_groups_finish_what_they_took(groups, capsys):
    groups.wait_ready(3)
    with (
        groups.clients.streams(groups.url(1), count=4, max_tokens=300) as one,
        groups.clients.streams(groups.url(2), count=4, max_tokens=300) as other,
    ):
        assert (one.first_line, other.first_line) == ("open", "open")
        seen = groups.watch(lambda: scale(groups, 1), 1, 1)
        streams = [*one.result(), *other.result()]
    assert all(each["done"] and not each["error"] for each in streams), streams
    seen.assert_no_failure(one_version=False)
    seen.assert_turns()
    with capsys.disabled():
        print(f"\nfrom three groups to one: {seen}")


def scale(groups: Groups, count: int) -> None:
    groups.upgrade(f"replicas={count}")


def members(groups: Groups, group: int) -> frozenset[str]:
    return frozenset(f"{groups.stateful_set(group)}-{index}" for index in range(SIZE))
