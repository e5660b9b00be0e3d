"""All charts rendered once, and what both helms make of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.helm import HELM_3, HELM_4, HelmBinary, find_tool
from tests.support.profiles import (
    EXAMPLES,
    GENERATED,
    GROUPS,
    LEADER_WORKER_EXAMPLES,
    SIDECAR_EXAMPLES,
    example_text,
    write_profile,
)
from wingsctl.actions.inspect_profiles import ProfileRequest
from wingsctl.actions.render_charts import RenderRequest, render_charts
from wingsctl.plan.deployment import DeploymentPlan


@dataclass(frozen=True)
class RenderedChart:
    """One chart, its plan, and its objects as installed under the name `demo`."""

    plan: DeploymentPlan
    path: Path
    manifests: str
    manifests_4: str
    objects: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return self.plan.profile.name


@pytest.fixture(scope="session")
def charts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every chart by its name, as `wingsctl render` writes it."""
    return {name: path for name, (_, path) in _render(tmp_path_factory).items()}


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[RenderedChart]:
    """Every chart with its objects."""
    helm3, helm4 = (HelmBinary(find_tool(name)) for name in (HELM_3, HELM_4))

    def look(each: tuple[DeploymentPlan, Path]) -> RenderedChart:
        plan, path = each
        texts = []
        for helm in (helm3, helm4):
            done = helm.run("template", "demo", path, "-n", "llm")
            assert done.returncode == 0, f"{path.name}: {done.stderr}"
            texts.append(done.stdout)
        return RenderedChart(plan, path, *texts, helm3.read(texts[0]))

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(look, _render(tmp_path_factory).values()))


_CHARTS: dict[str, tuple[DeploymentPlan, Path]] = {}


def _render(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[DeploymentPlan, Path]]:
    if not _CHARTS:
        place = tmp_path_factory.mktemp("charts")
        profiles = [
            *(EXAMPLES / f"{name}.wings.yaml" for name in SIDECAR_EXAMPLES),
            *(write_profile(place / "profiles", each) for each in (*GENERATED, *GROUPS)),
        ]
        for name in LEADER_WORKER_EXAMPLES:
            profiles.append(place / "profiles" / f"{name}.wings.yaml")
            profiles[-1].write_text(example_text(name), encoding="utf-8")
        request = RenderRequest(ProfileRequest([str(path) for path in profiles]), place / "charts")
        for chart in render_charts(request).charts:
            _CHARTS[chart.plan.profile.name] = (chart.plan, chart.directory)
    return _CHARTS


@pytest.fixture(scope="session")
def reference(charts: dict[str, Path]) -> Path:
    """The chart of the reference profile."""
    return charts["wings-infer"]


@pytest.fixture(scope="session")
def pod_security() -> str:
    """Kubernetes' own judge of Pod Security levels."""
    return find_tool("pod-security")
