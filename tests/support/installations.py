"""All charts rendered once, and what both helms make of them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.helm import HELM_3, HELM_4, HelmBinary
from tests.support.profiles import (
    CLUSTER_CATALOG,
    CLUSTER_PROFILES,
    EXAMPLES,
    GENERATED,
    GROUPS,
    LEADER_WORKER_EXAMPLES,
    LONGEST_RELEASE,
    SIDECAR_EXAMPLES,
    example_text,
    fixed_text,
    write_profile,
)
from tests.support.store import Store
from tests.support.tools import find_tool
from tests.support.variants import VARIANTS, VARIED, declared_external
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

    @property
    def external(self) -> set[tuple[str, str]]:
        """(kind, name) of what the profile says exists already."""
        return set(declared_external(self.plan.profile.model_dump(by_alias=True)))


Check = Callable[[RenderedChart], Iterable[object]]


@dataclass(frozen=True)
class Installation:
    """What helm prints of a chart with values, for judges."""

    chart: str
    variant: str
    manifests: str
    objects: list[dict[str, Any]]
    external: set[tuple[str, str]]

    @property
    def name(self) -> str:
        return f"{self.chart} with {self.variant}" if self.variant else self.chart


@pytest.fixture(scope="session")
def planned(store: Store) -> dict[str, tuple[DeploymentPlan, Path]]:
    """Every chart's plan and folder by its name."""
    place = store.directory("charts", _render_all)
    plans: list[DeploymentPlan] = pickle.loads((place / PLANS).read_bytes())
    return {plan.profile.name: (plan, place / "charts" / plan.profile.name) for plan in plans}


@pytest.fixture(scope="session")
def charts(planned: dict[str, tuple[DeploymentPlan, Path]]) -> dict[str, Path]:
    """Every chart by its name, as `wingsctl render` writes it."""
    return {name: path for name, (_, path) in planned.items()}


@pytest.fixture(scope="session")
def rendered(
    planned: dict[str, tuple[DeploymentPlan, Path]], helms: dict[str, HelmBinary]
) -> list[RenderedChart]:
    """Every chart with its objects."""

    def look(each: tuple[DeploymentPlan, Path]) -> RenderedChart:
        three, four = (helms[name].render(each[1]) for name in (HELM_3, HELM_4))
        return RenderedChart(*each, three.manifests, four.manifests, three.objects)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(look, planned.values()))


@pytest.fixture(scope="session")
def installations(
    rendered: list[RenderedChart], helms: dict[str, HelmBinary]
) -> list[Installation]:
    """Every chart as it is, and VARIED with the values of VARIANTS and the longest release name."""

    def look(each: tuple[RenderedChart, str, dict[str, Any]]) -> Installation:
        chart, name, values = each
        release = LONGEST_RELEASE if name == LONG else "demo"
        found = helms[HELM_3].render(
            chart.path, "-f", "-", release=release, stdin=json.dumps(values)
        )
        external = chart.external | set(declared_external(values))
        return Installation(chart.name, name, found.manifests, found.objects, external)

    with ThreadPoolExecutor(2) as pool:
        varied = list(pool.map(look, _varied(rendered)))
    return [
        *(Installation(c.name, "", c.manifests, c.objects, c.external) for c in rendered),
        *varied,
    ]


LONG = "the longest release name"
PLANS = "plans.pickle"


def _varied(rendered: list[RenderedChart]) -> list[tuple[RenderedChart, str, dict[str, Any]]]:
    return [
        (chart, name, values)
        for chart in rendered
        if chart.name in VARIED
        for name, values in {**VARIANTS, LONG: {}}.items()
        if not (chart.plan.profile.autoscaling and "replicas" in values)
        # Without groups there is no pod at all that anything could fit.
        if not (chart.plan.group and values.get("replicas") == 0)
    ]


def _render_all(place: Path) -> None:
    """Writes the charts of all profiles, and their plans beside them."""
    requests = [
        ProfileRequest([str(path) for path in _profiles(place / "profiles")]),
        ProfileRequest([str(path) for path in CLUSTER_PROFILES], [CLUSTER_CATALOG]),
    ]
    plans = [
        chart.plan
        for request in requests
        for chart in render_charts(RenderRequest(request, place / "charts")).charts
    ]
    (place / PLANS).write_bytes(pickle.dumps(plans))


def _profiles(place: Path) -> list[Path]:
    place.mkdir()
    texts = {name: example_text(name) for name in LEADER_WORKER_EXAMPLES}
    texts["deepseek-fixed"] = fixed_text()
    for name, text in texts.items():
        (place / f"{name}.wings.yaml").write_text(text, encoding="utf-8")
    return [
        *(EXAMPLES / f"{name}.wings.yaml" for name in SIDECAR_EXAMPLES),
        *(write_profile(place, each) for each in (*GENERATED, *GROUPS)),
        *(place / f"{name}.wings.yaml" for name in texts),
    ]


@pytest.fixture
def each_chart(rendered: list[RenderedChart]) -> Callable[[Check], None]:
    """Runs a check on every chart; all complaints are shown at once."""

    def run(check: Check) -> None:
        found = {chart.name: list(check(chart)) for chart in rendered}
        assert {name: complaints for name, complaints in found.items() if complaints} == {}

    return run


@pytest.fixture(scope="session")
def reference(charts: dict[str, Path]) -> Path:
    """The chart of the reference profile."""
    return charts["wings-infer"]


@pytest.fixture(scope="session")
def pod_security() -> str:
    """Kubernetes' own judge of Pod Security levels."""
    return find_tool("pod-security")
