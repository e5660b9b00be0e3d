"""Profiles -> charts on disk, or the difference to what is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from wingsctl.actions.inspect_profiles import ProfileRequest, inspect_profiles, plans_of
from wingsctl.adapters.chart_dir import diff_chart, write_chart
from wingsctl.adapters.chart_parts import ChartParts, template_cache
from wingsctl.chart.build import ChartBuilder
from wingsctl.chart.jinja import Templates
from wingsctl.documents import Problem
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
    """One chart: where it is, whether it changed, and with `check` the difference."""

    plan: DeploymentPlan = field(repr=False)
    directory: Path
    changed: bool
    diff: str = ""


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
    inspections = inspect_profiles(request.profiles)
    plans = plans_of(inspections)
    parts = ChartParts()
    builder = ChartBuilder(parts, Templates(parts.named, template_cache()))
    trees = [(plan, builder.build(plan)) for plan in plans]
    warnings = [problem for each in inspections for problem in each.warnings]
    charts = []
    for plan, tree in trees:
        directory = request.output_dir / plan.profile.name
        if request.check:
            diff = diff_chart(directory, tree)
            charts.append(RenderedChart(plan, directory, bool(diff), diff))
        else:
            changed = write_chart(directory, tree, force=request.force)
            charts.append(RenderedChart(plan, directory, changed))
    return RenderResult(charts, warnings)
