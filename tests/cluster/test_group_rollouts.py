"""Groups of one release take turns, and what people do to one of them happens to that one."""

from __future__ import annotations

import pytest

from tests.cluster.groups import VERSION, Groups

SIZE = 2


@pytest.fixture(scope="module")
def groups(module_release, clients) -> Groups:
    """Three groups of two pods, of version a."""
    release = module_release("turns")
    release.install_ok()
    return Groups(release, clients, SIZE)


def test_an_upgrade_replaces_one_group_after_the_other(groups, capsys):
    groups.wait_ready(3)
    assert groups.all_versions(3) == groups.same("a", "a", "a")
    seen = groups.watch(lambda: groups.upgrade(f"{VERSION}=b"), 3, 3)
    with capsys.disabled():
        print(f"\nupgrade of three groups: {seen}")
    seen.assert_no_failure()
    seen.assert_turns(0, 1, 2)
    assert groups.all_versions(3) == groups.same("b", "b", "b")


def test_a_canary_is_one_group_and_the_others_follow_when_told(groups):
    groups.wait_ready(3)
    old = groups.all_versions(3)
    seen = groups.watch(lambda: groups.upgrade(f"{VERSION}=c", "rollout.upTo=0"), 3, 3)
    seen.assert_no_failure()
    seen.assert_turns(0)
    assert groups.all_versions(3) == [*groups.same("c"), *old[1:]]

    seen = groups.watch(lambda: groups.upgrade("rollout.upTo=null"), 3, 3)
    seen.assert_no_failure()
    seen.assert_turns(1, 2)
    assert groups.all_versions(3) == groups.same("c", "c", "c")


def test_undo_and_restart_mean_the_group_they_name(groups):
    """And even those take turns: group 1 waits for the restart of group 0."""
    groups.wait_ready(3)
    before = groups.versions(1)
    kube = groups.release.kube

    def act() -> None:
        kube.ok("rollout", "restart", f"statefulset/{groups.stateful_set(0)}")
        kube.ok("rollout", "undo", f"statefulset/{groups.stateful_set(1)}")
        for group in (0, 1):
            name = f"statefulset/{groups.stateful_set(group)}"
            kube.ok("rollout", "status", name, "--timeout=580s", limit=600)

    seen = groups.watch(act, 3, 3)
    seen.assert_no_failure()
    seen.assert_turns(0, 1)
    assert groups.versions(1) != before
    assert groups.all_versions(3)[::2] == groups.same("c", "c")
