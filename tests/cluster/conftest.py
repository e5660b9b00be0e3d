"""Fixtures of the cluster tests: the cluster, a namespace with rules, releases and a client pod."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from string import Template

import pytest

from tests.cluster.clients import Clients
from tests.cluster.harness.layout import Layout
from tests.cluster.harness.lifetime import down, first_process, up
from tests.cluster.kube import HERE, Kube, find_kubectl, wait_for
from tests.cluster.release import Release
from tests.support.helm import HELM_3, HELM_4, find_tool

GIVEN = os.environ.get("WINGS_TEST_KUBECONFIG", "")
GPUS = 4
_numbers = count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Kube]:
    """The cluster that was given, or one of our own, ended after the tests if they started it."""
    layout = Layout()
    if GIVEN:
        yield Kube(Path(GIVEN), find_kubectl(layout.binaries))
        return
    is_ours = first_process(layout) is None
    if is_ours:
        up(layout)
    kube = Kube(layout.kubeconfig, find_kubectl(layout.binaries))
    _add_devices(kube)
    yield kube
    if is_ours:
        down(layout)


def _add_devices(kube: Kube) -> None:
    """Devices that nothing is behind: they are counted as real ones are."""
    for node in kube.items("node"):
        patch = f'{{"status": {{"capacity": {{"nvidia.com/gpu": "{GPUS}"}}}}}}'
        name = node["metadata"]["name"]
        kube.ok("patch", "node", name, "--subresource=status", "--type=merge", "-p", patch)


@contextmanager
def new_namespace(cluster: Kube) -> Iterator[Kube]:
    """A namespace where Pod Security is enforced and resources are limited; gone afterwards."""
    kube = _in_namespace(cluster, f"wings-test-{os.getpid()}-{next(_numbers)}")
    apply(kube, "namespace.yaml")
    apply(kube, "volumes.yaml")
    yield kube
    kube.run("delete", "namespace", kube.namespace, "--wait=true", limit=180)
    kube.run("delete", "pv", "-l", f"wings-test/namespace={kube.namespace}", "--wait=false")


@pytest.fixture
def namespace(cluster: Kube) -> Iterator[Kube]:
    """One for each test."""
    with new_namespace(cluster) as kube:
        yield kube


@pytest.fixture(scope="module")
def module_release(
    cluster: Kube, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Release]]:
    """Makes releases that the tests of a module share, in a namespace of their own."""
    with new_namespace(cluster) as kube:
        charts = tmp_path_factory.mktemp("charts")
        yield lambda name, profile=None: Release(kube, name, charts, profile)


def apply(kube: Kube, manifest: str) -> None:
    """Apply manifests/MANIFEST with its ${holes} filled."""
    tools = Layout().tools
    template = Template((HERE / "manifests" / manifest).read_text("utf-8"))
    holes = {"namespace": kube.namespace, "venv": tools / "engine", "models": tools / "models"}
    kube.ok("apply", "-f", "-", text=template.substitute(holes))


@pytest.fixture
def release(namespace: Kube, tmp_path: Path) -> Callable[[str], Release]:
    """Makes a release of a profile by name, not installed yet."""
    return lambda name: Release(namespace, name, tmp_path / "charts")


@pytest.fixture(scope="session")
def clients(cluster: Kube) -> Iterator[Clients]:
    """The client pod, in a namespace without rules."""
    kube = _in_namespace(cluster, f"wings-clients-{os.getpid()}")
    kube.ok("create", "namespace", kube.namespace)
    apply(kube, "client.yaml")
    kube.ok("wait", "--for=condition=Ready", "pod/client", "--timeout=120s")
    yield Clients(kube)
    kube.run("delete", "namespace", kube.namespace, "--wait=false")


@pytest.fixture(params=[HELM_3, HELM_4], ids=["helm3", "helm4"])
def each_helm(request: pytest.FixtureRequest, namespace: Kube) -> Kube:
    """The same namespace with one helm after the other."""
    return Kube(
        namespace.kubeconfig,
        namespace.kubectl_binary,
        namespace.namespace,
        find_tool(request.param),
    )


def _in_namespace(kube: Kube, name: str) -> Kube:
    return Kube(kube.kubeconfig, kube.kubectl_binary, name)


def wait_until_empty(kube: Kube, selector: str) -> None:
    """Until no pod of a release is left."""
    wait_for(lambda: not kube.items("pod", "-l", selector), "the end of all pods", limit=120)
