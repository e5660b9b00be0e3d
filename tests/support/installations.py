"""All charts rendered once, and what both helms make of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.support.helm import HELM_3, HELM_4, HelmBinary, split_manifests
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
def charts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every chart by its name, as `wingsctl render` writes it."""
    return {name: path for name, (_, path) in _render(tmp_path_factory).items()}


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[RenderedChart]:
    """Every chart with its objects."""
    helms = [HelmBinary(find_tool(name)) for name in (HELM_3, HELM_4)]
    made = list(_render(tmp_path_factory).values())

    def look(each: tuple[DeploymentPlan, Path]) -> list[str]:
        return [print_manifests(helm, each[1], "demo") for helm in helms]

    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(look, made))
    objects = read_many(helms[0], [three for three, _ in texts])
    return [
        RenderedChart(*each, *both, own)
        for each, both, own in zip(made, texts, objects, strict=True)
    ]


@pytest.fixture(scope="session")
def installations(rendered: list[RenderedChart]) -> list[Installation]:
    """Every chart as it is, and VARIED with the values of VARIANTS and the longest release name."""
    helm = HelmBinary(find_tool(HELM_3))
    varied = [
        (chart, name, values)
        for chart in rendered
        if chart.name in VARIED
        for name, values in {**VARIANTS, LONG: {}}.items()
        if not (chart.plan.profile.autoscaling and "replicas" in values)
        # Without groups there is no pod at all that anything could fit.
        if not (chart.plan.group and values.get("replicas") == 0)
    ]

    def look(each: tuple[RenderedChart, str, dict[str, Any]]) -> str:
        chart, name, values = each
        release = LONGEST_RELEASE if name == LONG else "demo"
        return print_manifests(helm, chart.path, release, "-f", "-", stdin=json.dumps(values))

    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(look, varied))
    return [
        *(Installation(c.name, "", c.manifests, c.objects, c.external) for c in rendered),
        *(
            Installation(c.name, name, text, objects, c.external | set(declared_external(values)))
            for (c, name, values), text, objects in zip(
                varied, texts, read_many(helm, texts), strict=True
            )
        ),
    ]


LONG = "the longest release name"


def print_manifests(
    helm: HelmBinary, chart: Path, release: str, *arguments: str, stdin: str | None = None
) -> str:
    """What helm prints of a chart; fails with helm's message."""
    done = helm.run("template", release, chart, "-n", "llm", *arguments, stdin=stdin)
    assert done.returncode == 0, f"{chart.name}: {done.stderr}"
    return done.stdout


def read_many(helm: HelmBinary, texts: list[str]) -> list[list[dict[str, Any]]]:
    """The objects of each text, in one call of helm."""
    objects = iter(helm.read("---\n".join(texts)))
    return [list(islice(objects, len(split_manifests(text)))) for text in texts]


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
        profiles.append(place / "profiles" / "deepseek-fixed.wings.yaml")
        profiles[-1].write_text(fixed_text(), encoding="utf-8")
        requests = [
            ProfileRequest([str(path) for path in profiles]),
            ProfileRequest([str(path) for path in CLUSTER_PROFILES], [CLUSTER_CATALOG]),
        ]
        for request in requests:
            for chart in render_charts(RenderRequest(request, place / "charts")).charts:
                _CHARTS[chart.plan.profile.name] = (chart.plan, chart.directory)
    return _CHARTS


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
