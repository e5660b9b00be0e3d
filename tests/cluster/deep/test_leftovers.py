"""Installed and taken away again, many times: nothing stays behind."""

from __future__ import annotations

from tests.cluster.kube import Kube, wait_for
from tests.cluster.node import Node
from tests.cluster.release import Release

COVERS = (
    "chart-templates", "sidecar/wings_infer",
    "wingsctl/actions", "wingsctl/adapters", "wingsctl/chart", "wingsctl/cli",
)  # fmt: skip
CYCLES = 20
# Gone by themselves after an hour, or made by Kubernetes when it likes.
NOT_OURS = ("event", "configmap/kube-root-ca.crt", "podmetrics")


def test_twenty_installs_leave_nothing_behind(release, seen_node: Node | None):
    fake = release("fake")
    kinds = listable(fake.kube)
    before = objects(fake.kube, kinds)
    pods: set[str] = set()
    for number in range(CYCLES):
        pods |= install_and_uninstall(fake, waits=number % 10 == 9)
    wait_for(lambda: not fake.kube.items("pod"), "the end of all pods", limit=120)
    wait_for(lambda: objects(fake.kube, kinds) <= before, "the end of all objects", limit=60)
    assert objects(fake.kube, kinds) == before
    assert not fake.kube.helm_ok("list", "--all", "--short").strip()
    assert len(pods) >= 2
    if seen_node:
        wait_for(lambda: not traces(seen_node, pods), "the end of mounts and groups", limit=120)


def install_and_uninstall(fake: Release, *, waits: bool) -> set[str]:
    """Most are taken away before they could start; the pods that were seen, by their uid."""
    if waits:
        fake.apply_ok()
    else:
        done = fake.install()
        assert done.returncode == 0, done.stderr
    pods = {str(pod["metadata"]["uid"]) for pod in fake.pods()}
    fake.kube.helm_ok("uninstall", fake.name, *(["--wait"] if waits else []))
    return pods


def listable(kube: Kube) -> str:
    """Every kind of object that a namespace can hold and list."""
    kinds = kube.ok("api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
    return ",".join(kinds)


def objects(kube: Kube, kinds: str) -> set[str]:
    found = kube.ok("get", kinds, "-o", "name").split()
    return {each for each in found if not each.startswith(NOT_OURS)}


def traces(node: Node, pods: set[str]) -> list[str]:
    return [trace for uid in pods for trace in node.traces(uid)]
