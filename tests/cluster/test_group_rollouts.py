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
    seen = groups.watch(
        lambda: groups.release.upgrade_ok("--set", f"{VERSION}=b", "--wait", "--timeout", "400s"),
        3, 3,
    )  # fmt: skip
    with capsys.disabled():
        print(f"\nupgrade of three groups: {seen}")
    seen.assert_no_failure()
    seen.assert_turns(0, 1, 2)
    assert groups.all_versions(3) == groups.same("b", "b", "b")
