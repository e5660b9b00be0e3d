"""Every chart of 0.1.0, as it was shipped, is upgraded to today's by both helms, and loses nothing.

Before the real API server, without a pod: they need devices, networks and models that a test
machine lacks. quick/test_upgrades_from_0_1_0.py has those that serve.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.cluster.conftest import bare_namespace
from tests.cluster.kube import Kube
from tests.cluster.old_releases import identities
from tests.support.helm import HELM_3, HELM_4
from tests.support.old_charts import OLD_CASES, chart_name, old_chart
from tests.support.tools import find_tool

COVERS = (
    "chart-templates", "wingsctl/__init__.py", "wingsctl/actions", "wingsctl/adapters",
    "wingsctl/plan",
)  # fmt: skip


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
