"""Releases of 0.1.0's charts are upgraded to today's, by both helms, and lose nothing by it.

As they are shipped all of them are upgraded before the real API server, without a pod: they need
devices, networks and models that a test machine lacks. Four of them also serve, with the values
that a small node needs; between them they have keys, TLS, groups, claims and a front door.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.cluster.clients import UNREACHABLE
from tests.cluster.conftest import bare_namespace
from tests.cluster.kube import Kube
from tests.cluster.old_releases import SMALL_VALUES, OldRelease, identities
from tests.support.helm import HELM_3, HELM_4
from tests.support.old_charts import OLD_CASES, chart_name, old_chart
from tests.support.tools import find_tool
from tests.upgrades.listed import listed_restarts

SERVED = [
    ("keys-claim-ingress", HELM_3, HELM_3, "--reuse-values"),
    ("keys-door-to-zero", HELM_3, HELM_3, "-f"),
    ("keys-group-two-sets", HELM_4, HELM_4, "-f"),
    ("minimal", HELM_3, HELM_4, "--reuse-values"),
]
"""Chart, who installs, who upgrades, and how: each helm with and without --reuse-values."""


@pytest.fixture
def without_pods(cluster: Kube, crds: None) -> Iterator[Kube]:
    """A namespace where everything may be made but pods."""
    with bare_namespace(cluster) as kube:
        kube.ok("create", "quota", "no-pods", "--hard=pods=0")
        yield kube


@pytest.mark.parametrize("arguments", [["--reuse-values"], []], ids=["reuse", "new"])
@pytest.mark.parametrize("helm", [HELM_3, HELM_4])
def test_the_api_server_takes_every_upgrade(without_pods, todays_charts, helm, arguments):
    kube = replace(without_pods, helm_binary=find_tool(helm))

    def install(case: str) -> None:
        kube.helm_ok("install", chart_name(case), old_chart(case))

    def upgrade(case: str) -> str:
        done = kube.helm("upgrade", chart_name(case), todays_charts[case], *arguments)
        return f"{case}: {done.stderr}" if done.returncode else ""

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(install, OLD_CASES))
        before = identities(kube)
        refused = list(filter(None, pool.map(upgrade, OLD_CASES)))
    assert refused == []
    assert "PersistentVolumeClaim" in {kind for kind, _ in before}
    after = identities(kube)
    gone = {key for key, uid in before.items() if after.get(key) != uid}
    assert gone == set(), "deleted or replaced"


@pytest.mark.parametrize(
    ("case", "first", "second", "keep"), SERVED, ids=[f"{c}-{b}{k}" for c, _, b, k in SERVED]
)
def test_requests_are_answered_and_keys_asked_for(
    namespace, crds, clients, todays_charts, tmp_path, case, first, second, keep
):
    values = tmp_path / "values.json"
    values.write_text(json.dumps(SMALL_VALUES[case]), "utf-8")
    installer, upgrader = (
        OldRelease(
            replace(namespace, helm_binary=find_tool(helm)), case, todays_charts[case], values
        )
        for helm in (first, second)
    )
    installer.install()
    assert_doors_are_as_they_were(installer, clients)
    before, pods = identities(namespace), installer.pods()
    with (
        clients.load(installer.url, key=installer.key) as load,
        clients.load(installer.url, clients=1, key="stranger") as strangers,
    ):
        upgrader.upgrade(reuse=keep == "--reuse-values")
        seen, refused = load.result(), strangers.result()
    assert set(seen["statuses"]) == {"200"}, json.dumps(seen, indent=1)
    if installer.is_guarded:
        assert "401" in refused["statuses"]
        assert set(refused["statuses"]) <= {"401", "503"} | UNREACHABLE, refused
    assert_doors_are_as_they_were(upgrader, clients)
    assert before.items() <= identities(namespace).items()
    assert {each["status"]["phase"] for each in installer.claims()} <= {"Bound"}
    if case not in {change.case for change in listed_restarts()}:
        assert installer.pods() == pods, "pods were replaced"


def assert_doors_are_as_they_were(release: OldRelease, clients) -> None:
    """A client with a key is answered; without one it is not, where the gateway asks for keys."""
    answers = [release.ask(clients, key) for key in (release.key, "stranger", "")]
    assert answers == ([200, 401, 401] if release.is_guarded else [200, 200, 200])
