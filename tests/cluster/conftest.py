"""Fixtures of the cluster tests: the cluster, a namespace with rules, releases and a client pod."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path
from string import Template

import pytest

from tests.cluster.clients import Clients
from tests.cluster.harness.keda import install_keda
from tests.cluster.harness.layout import Layout
from tests.cluster.harness.lifetime import first_process, running
from tests.cluster.kube import HERE, Kube, find_kubectl, through_proxy, wait_for
from tests.cluster.node import Node
from tests.cluster.pace import measure, patience
from tests.cluster.proofs.figures import Figures
from tests.cluster.release import Release
from tests.support.helm import HELM_3, HELM_4
from tests.support.processes import ROOT
from tests.support.tools import find_tool

GIVEN = os.environ.get("WINGS_TEST_KUBECONFIG", "")
OWN = Layout()
_numbers = count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Kube]:
    """The cluster that was given, or one of our own, ended after the tests if they started it."""
    kubeconfig = Path(GIVEN) if GIVEN else OWN.kubeconfig
    with nullcontext() if GIVEN else running(OWN):
        if not GIVEN:
            measure(OWN)
        with through_proxy(Kube(kubeconfig, find_kubectl(OWN.binaries))) as kube:
            yield kube


@pytest.fixture(scope="session")
def figures() -> Figures:
    """Takes the numbers that a file gives: figures(NAME, NUMBER, UNIT)."""
    return Figures()


@pytest.fixture(scope="session")
def keda(cluster: Kube) -> Kube:
    """The namespace of KEDA: installed once on our own cluster; a user has to have it there."""
    kube = _in_namespace(cluster, "keda")
    if kube.run("get", "deployment", "keda-operator").returncode:
        assert not GIVEN, "KUBECONFIG's cluster has no KEDA in the namespace keda"
        install_keda(OWN)
    return kube


@pytest.fixture(scope="module")
def crds(cluster: Kube, keda: Kube) -> Iterator[None]:
    """The kinds that charts use besides Kubernetes' own; those made here are gone afterwards."""
    places = (OWN.tools / "crds", ROOT / "tests" / "helm" / "crds")
    found = sorted(path for place in places for path in place.glob("*.yaml"))
    made = [path for path in found if _is_missing(cluster, path)]
    for path in made:
        cluster.ok("apply", "--server-side", "-f", path)
    wait_for(lambda: _are_established(cluster), "established CRDs")
    yield
    for path in made:
        cluster.run("delete", "--timeout=60s", "-f", path)


def _is_missing(cluster: Kube, path: Path) -> bool:
    group, _, plural = path.stem.partition("_")
    return cluster.run("get", "crd", f"{plural}.{group}").returncode != 0


def _are_established(cluster: Kube) -> bool:
    """kubectl fails on a CRD that has no conditions yet."""
    wait = ["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]
    return cluster.run(*wait).returncode == 0


@pytest.fixture(scope="session")
def seen_node(cluster: Kube) -> Node | None:
    """The one node of our own cluster; none where it is a user's."""
    first = None if GIVEN else first_process(OWN)
    return Node(first, OWN) if first else None


@pytest.fixture(scope="session")
def node(seen_node: Node | None) -> Node:
    """The same, for tests that cannot do without."""
    if seen_node is None:
        pytest.skip("the nodes of KUBECONFIG's cluster cannot be looked into")
    return seen_node


@contextmanager
def new_namespace(cluster: Kube) -> Iterator[Kube]:
    """A namespace where Pod Security is enforced and resources are limited; gone afterwards.

    Its pods get no time to end: what they hold must not stand in the next test's way.
    """
    kube = _new_name(cluster)
    apply(kube, "namespace.yaml")
    apply(kube, "volumes.yaml")
    yield kube
    kube.run("delete", "namespace", kube.namespace, "--wait=false")
    kube.run("delete", "pod", "--all", "--force", "--grace-period=0", limit=180)
    kube.run("delete", "pv", "-l", f"wings-test/namespace={kube.namespace}", "--wait=false")


@contextmanager
def bare_namespace(cluster: Kube) -> Iterator[Kube]:
    """A namespace without rules; gone afterwards."""
    kube = _new_name(cluster)
    kube.ok("create", "namespace", kube.namespace)
    yield kube
    kube.run("delete", "namespace", kube.namespace, "--wait=false")


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
    template = Template((HERE / "manifests" / manifest).read_text("utf-8"))
    holes = {
        "namespace": kube.namespace,
        "venv": OWN.tools / "engine",
        "models": OWN.tools / "models",
    }
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
    kube.ok("wait", "--for=condition=Ready", "pod/client", f"--timeout={patience(120):.0f}s")
    yield Clients(kube)
    kube.run("delete", "namespace", kube.namespace, "--wait=false")


@pytest.fixture(params=[HELM_3, HELM_4], ids=["helm3", "helm4"])
def each_helm(request: pytest.FixtureRequest, namespace: Kube) -> Kube:
    """The same namespace with one helm after the other."""
    return replace(namespace, helm_binary=find_tool(request.param))


def _new_name(kube: Kube) -> Kube:
    return _in_namespace(kube, f"wings-test-{os.getpid()}-{next(_numbers)}")


def _in_namespace(kube: Kube, name: str) -> Kube:
    return replace(kube, namespace=name)


@pytest.fixture
def drain(cluster: Kube) -> Iterator[Callable[[Kube], None]]:
    """Drains the node of a namespace's pods that `may_be_drained`; open again afterwards."""
    node = cluster.items("node")[0]["metadata"]["name"]

    def act(kube: Kube) -> None:
        cluster.ok(
            "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force",
            f"--pod-selector=wings-test={kube.namespace}", f"--timeout={patience(400):.0f}s",
            limit=450,
        )  # fmt: skip

    yield act
    cluster.ok("uncordon", node)


@pytest.fixture(scope="module")
def scarce(cluster: Kube) -> Iterator[Callable[[Release, int], list[str]]]:
    """Gives one node so many devices that only this release asks for, one for each engine.

    Returns the settings that ask for them. The GPUs stay as they are: others use them, too.
    """
    node = cluster.items("node")[0]["metadata"]["name"]
    made = []

    def make(release: Release, count: int) -> list[str]:
        device = f"wings.test/{release.kube.namespace}"
        made.append(device)
        _patch_node(cluster, node, {device: str(count)})
        key = device.replace(".", r"\.")
        kinds = ("requests", "limits")
        return [word for kind in kinds for word in ("--set", f"engine.resources.{kind}.{key}=1")]

    yield make
    for device in made:
        _patch_node(cluster, node, {device: None})


def _patch_node(kube: Kube, name: str, devices: dict[str, str | None]) -> None:
    """Both numbers, as the harness does."""
    patch = json.dumps({"status": {"capacity": devices, "allocatable": devices}})
    kube.ok("patch", "node", name, "--subresource=status", "--type=merge", "-p", patch)
