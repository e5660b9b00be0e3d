"""Three groups of one release take turns, and what is done to one of them happens to that one."""

from __future__ import annotations

from tests.cluster.groups import VERSION, Groups
from tests.cluster.stories import Step

COVERS = (
    "chart-templates/alone", "chart-templates/core", "chart-templates/leader-worker",
    "chart-templates/storage", "chart-templates/tests", "sidecar/wings_infer",
)  # fmt: skip
SIZE, FULL = 2, 3


def test_canary_the_others_then_an_undo_and_a_restart(module_release, clients, figures):
    release = module_release("turns")
    groups = Groups(release, clients, SIZE)
    with Step("three groups of version a"):
        release.apply_ok()
        groups.wait_ready(FULL)
        assert groups.all_versions(FULL) == groups.same("a", "a", "a")

    with Step("a canary is one group"):
        seen = groups.watch(lambda: groups.upgrade(f"{VERSION}=b", "rollout.upTo=0"), FULL, FULL)
        seen.assert_no_failure()
        seen.assert_turns(0)
        assert groups.all_versions(FULL) == groups.same("b", "a", "a")

    with Step("the others follow"):
        seen = groups.watch(lambda: groups.upgrade("rollout.upTo=null"), FULL, FULL)
        seen.assert_no_failure()
        seen.assert_turns(1, 2)
        assert groups.all_versions(FULL) == groups.same("b", "b", "b")
        figures("requests while two groups took turns", seen.load["requests"])
        figures("longest time without an answer", seen.load["longest_gap_seconds"], "s")

    with Step("undo and restart mean the group that they name, and take turns"):
        seen = groups.watch(lambda: restart_and_undo(groups), FULL, FULL)
        seen.assert_no_failure()
        seen.assert_turns(0, 1)
        assert groups.all_versions(FULL) == groups.same("b", "a", "b")


def restart_and_undo(groups: Groups) -> None:
    """Group 1 waits for the restart of group 0."""
    kube = groups.release.kube
    kube.ok("rollout", "restart", f"statefulset/{groups.stateful_set(0)}")
    kube.ok("rollout", "undo", f"statefulset/{groups.stateful_set(1)}")
    for group in (0, 1):
        name = f"statefulset/{groups.stateful_set(group)}"
        kube.ok("rollout", "status", name, "--timeout=580s", limit=600)
