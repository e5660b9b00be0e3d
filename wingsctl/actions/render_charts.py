"""Profiles -> charts on disk, or the difference to what is there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from wingsctl.actions.profile_request import ProfileRequest
from wingsctl.actions.render_inputs import RenderInputs
from wingsctl.adapters.chart_dir import diff_chart, write_chart
from wingsctl.documents import Problem

if TYPE_CHECKING:
    from wingsctl.plan.deployment import DeploymentPlan


@dataclass(frozen=True)
class RenderRequest:
    """Profiles to render below `output_dir`; `check` writes nothing."""

    profiles: ProfileRequest
    output_dir: Path
    check: bool = False
    force: bool = False


@dataclass(frozen=True)
class RenderedChart:
    """One chart: where it is, whether it changed, and with `check` the difference.

    The plan is None where the chart was recognised as unchanged without one.
    """

    name: str
    directory: Path
    changed: bool
    diff: str = ""
    plan: DeploymentPlan | None = field(default=None, repr=False)


@dataclass(frozen=True)
class RenderResult:
    """All charts of a request, and the warnings met on the way."""

    charts: list[RenderedChart]
    warnings: list[Problem]

    @property
    def has_drift(self) -> bool:
        """Whether a chart on disk is not what would be rendered."""
        return any(chart.changed for chart in self.charts)


def render_charts(request: RenderRequest) -> RenderResult:
    """Render every profile, then write every chart; nothing is written if one fails.

    Raises ProfileError, PlanError or ChartError.
    """
    asked = request.profiles
    inputs = RenderInputs(asked.catalog_dirs, asked.gateway_image)
    if not request.check:
        return _render(request, inputs)
    known = {path: inputs.is_current(path, request.output_dir) for path in asked.paths}
    current = [RenderedChart(place.name, place, False) for place in known.values() if place]
    todo = [path for path, place in known.items() if place is None]
    if not todo:
        return RenderResult(current, [])
    rest = _render(replace(request, profiles=replace(asked, paths=todo)), inputs)
    return RenderResult([*current, *rest.charts], rest.warnings)


def _render(request: RenderRequest, inputs: RenderInputs) -> RenderResult:
    """Plan and build; imported here, for an unchanged chart needs none of it."""
    from wingsctl.actions.inspect_profiles import inspect_profiles, plans_of
    from wingsctl.adapters.chart_parts import ChartParts, template_cache
    from wingsctl.chart.build import ChartBuilder
    from wingsctl.chart.jinja import Templates

    inspections = inspect_profiles(request.profiles)
    plans = plans_of(inspections)
    parts = ChartParts()
    builder = ChartBuilder(parts, Templates(parts.named, template_cache()))
    trees = [builder.build(plan) for plan in plans]
    charts = []
    for path, plan, tree in zip(request.profiles.paths, plans, trees, strict=True):
        directory = request.output_dir / plan.profile.name
        if request.check:
            diff = diff_chart(directory, tree)
            charts.append(RenderedChart(plan.profile.name, directory, bool(diff), diff, plan))
        else:
            made_from = inputs.of(path, input_names(plan))
            changed = write_chart(directory, tree, made_from, force=request.force)
            charts.append(RenderedChart(plan.profile.name, directory, changed, plan=plan))
    return RenderResult(charts, [each for found in inspections for each in found.warnings])


def input_names(plan: DeploymentPlan) -> list[str]:
    """The files that a plan was made from, as RenderInputs names them."""
    profile, engine = plan.profile, plan.engine
    model = profile.model.name.rsplit("/", 1)[-1].lower()
    names = [
        f"catalog:engines/{profile.engine.name.lower()}",
        f"catalog:models/{model}",
        f"catalog:accelerators/{profile.accelerator.name.lower()}",
        f"flags:{engine.profile.name}-{engine.version}",
    ]
    if profile.fabric is not None and profile.fabric.name is not None:
        names.append(f"catalog:fabrics/{profile.fabric.name.lower()}")
    triggers = plan.autoscaling.values["triggers"] if plan.autoscaling else []
    for name in dict.fromkeys(each["type"] for each in triggers):
        names.append(f"catalog:triggers/{name.lower()}")
    template = profile.model.chat_template
    files = (profile.model.config, template.file if template else None)
    return names + [f"file:{name}" for name in files if name is not None]
