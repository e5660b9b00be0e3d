"""Leader and workers from two StatefulSets, as their resources differ: one group all the same."""

from __future__ import annotations

import pytest

from tests.cluster.groups import VERSION, Groups, vary
from tests.cluster.kube import wait_for

SIZE = 2
# Not the same resources, nor the same variables, of both roles.
ROLES = {
    "leader": {"engine": {"resources": {"limits": {"memory": "160Mi"}}}},
    "worker": {"engine": {"env": {"FAKE_LOAD_SECONDS": 1}}},
}


@pytest.fixture(scope="module")
def groups(module_release, clients, tmp_path_factory) -> Groups:
    """Two groups, four StatefulSets."""
    profile = vary(
        tmp_path_factory.mktemp("profiles"),
        "roles",
        replicas=2,
        roles=ROLES,
        env={},
        gateway_env={},
    )
    release = module_release("roles", profile)
    release.install_ok()
    return Groups(release, clients, SIZE, set_name="{name}-{group}-leader")


def test_the_roles_differ_and_the_groups_form(groups):
    groups.wait_ready(2)
    limits = {pod["metadata"]["name"]: memory_of_engine(pod) for pod in groups.release.pods()}
    assert limits == {
        "roles-0-leader-0": "160Mi", "roles-0-worker-1": "128Mi",
        "roles-1-leader-0": "160Mi", "roles-1-worker-1": "128Mi",
    }  # fmt: skip
    assert groups.all_versions(2) == groups.same("a", "a")


def memory_of_engine(pod) -> str:
    (engine,) = (each for each in pod["spec"]["containers"] if each["name"] == "fake-engine")
    return str(engine["resources"]["limits"]["memory"])


def test_a_worker_that_vanishes_is_replaced(groups):
    groups.wait_ready(2)
    before = groups.release.status(groups.leader(1))["group"]["generation"]
    groups.release.kube.ok("delete", "pod", "roles-1-worker-1", "--wait=false")
    wait_for(lambda: generation(groups, 1) not in ("", before), "another generation", limit=240)
    groups.wait_ready(2)
    assert groups.all_versions(2) == groups.same("a", "a")


def generation(groups: Groups, group: int) -> str:
    try:
        return str(groups.release.status(groups.leader(group))["group"]["generation"])
    except AssertionError:
        return ""


def test_an_upgrade_replaces_one_group_after_the_other(groups, capsys):
    groups.wait_ready(2)
    seen = groups.watch(lambda: groups.upgrade(f"{VERSION}=b"), 2, 2)
    with capsys.disabled():
        print(f"\nupgrade of two groups, two StatefulSets each: {seen}")
    seen.assert_no_failure()
    seen.assert_turns(0, 1)
    assert groups.all_versions(2) == groups.same("b", "b")
