"""Profiles -> charts on disk, or the difference to what is there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wingsctl.actions.inspect_profiles import inspect_profiles, plans_of, with_duplicates
from wingsctl.actions.profile_request import STDIN, ProfileRequest
from wingsctl.adapters.chart_diff import diff_chart
from wingsctl.adapters.chart_dir import (
    Aside,
    Written,
    is_current,
    named,
    refuse_loss,
    write_chart,
)
from wingsctl.adapters.chart_origins import keep_origin, other_origin
from wingsctl.adapters.chart_parts import ChartParts, template_cache
from wingsctl.chart.build import ChartBuilder
from wingsctl.chart.jinja import Templates
from wingsctl.documents import Problem
from wingsctl.errors import ChartError
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
    """One chart: where it is, whether it changed, and what of the old one was moved aside.

    `other_profile` is what the old one was rendered from, if from another profile.
    With `check`: the difference, and why rendering it would be refused (empty: it would not).
    """

    name: str
    directory: Path
    plan: DeploymentPlan = field(repr=False)
    changed: bool
    asides: Sequence[Aside] = ()
    other_profile: str = ""
    diff: str = ""
    refusal: str = ""


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
    """Render every profile, then write every chart; nothing is written if one is refused.

    Raises ProfileError, PlanError or ChartError.
    """
    inspections = with_duplicates(inspect_profiles(request.profiles))
    plans = plans_of(inspections)
    parts = ChartParts()
    builder = ChartBuilder(parts, Templates(parts.named, template_cache()))
    trees: list[Rendered] = []
    for number, (path, plan) in enumerate(zip(request.profiles.paths, plans, strict=True), 1):
        request.profiles.progress(number, len(plans), plan.profile.name)
        trees.append((path, plan, builder.build(plan)))
    charts = _check(request, trees) if request.check else _write(request, trees)
    warnings = [each for found in inspections for each in found.warnings]
    return RenderResult(charts, [*warnings, *_moved(charts), *_taken_over(charts)])


Rendered = tuple[str, DeploymentPlan, Mapping[str, str]]
"""The path of a profile, its plan, and the files of its chart."""


def _check(request: RenderRequest, trees: Sequence[Rendered]) -> list[RenderedChart]:
    charts = []
    for _, plan, tree in trees:
        name, directory = plan.profile.name, request.output_dir / plan.profile.name
        diff = diff_chart(directory, tree)
        refusal = _refusal(directory, tree) if diff else ""
        charts.append(RenderedChart(name, directory, plan, bool(diff), diff=diff, refusal=refusal))
    return charts


def _refusal(directory: Path, tree: Mapping[str, str]) -> str:
    try:
        refuse_loss(directory, tree)
    except ChartError as error:
        return f"{error.message}\n{error.hint}".rstrip()
    return ""


def _write(request: RenderRequest, trees: Sequence[Rendered]) -> list[RenderedChart]:
    places = [request.output_dir / plan.profile.name for _, plan, _ in trees]
    _refuse_one_place_for_two(places)
    current = [is_current(place, tree) for place, (*_, tree) in zip(places, trees, strict=True)]
    todo = list(zip(trees, places, current, strict=True))
    for (*_, tree), place, is_done in todo:
        if not is_done:
            refuse_loss(place, tree, force=request.force)
    charts: list[RenderedChart] = []
    for rendered, place, is_done in todo:
        try:
            charts.append(_put(request, rendered, place, is_done=is_done))
        except ChartError as error:
            problems = [*error.problems, *_moved(charts)]
            raise ChartError(error.message, hint=error.hint, problems=problems) from error
    return charts


def _put(
    request: RenderRequest, rendered: Rendered, place: Path, *, is_done: bool
) -> RenderedChart:
    path, plan, tree = rendered
    done, other = Written(False), ""
    if not is_done:
        profile = None if path == STDIN else Path(path)
        other = other_origin(place, profile) if profile else ""
        done = write_chart(place, tree, force=request.force)
        if profile:
            keep_origin(place, profile)
    return RenderedChart(plan.profile.name, place, plan, done.changed, done.asides, other)


def _refuse_one_place_for_two(directories: Iterable[Path]) -> None:
    seen: dict[str, Path] = {}
    for directory in directories:
        other = seen.setdefault(os.path.realpath(directory), directory)
        if other != directory:
            raise ChartError(
                f"{directory} and {other} are one directory",
                hint="one is a symbolic link to the other: remove it",
            )


def _moved(charts: Sequence[RenderedChart]) -> list[Problem]:
    """Where people find what they had in an old chart."""
    return [
        Problem(
            str(chart.directory), 1, 1, "",
            f"held what wingsctl did not write: {named(aside.files)}",
            f"the old directory is now {aside.place}",
            "warning",
        )
        for chart in charts
        for aside in chart.asides
    ]  # fmt: skip


def _taken_over(charts: Sequence[RenderedChart]) -> list[Problem]:
    """Two profiles of one name, rendered one after the other into one directory."""
    return [
        Problem(
            str(chart.directory), 1, 1, "",
            f"was rendered from {chart.other_profile} before, and now from another profile",
            "give each its own name, or its own --output-dir",
            "warning",
        )
        for chart in charts
        if chart.other_profile
    ]  # fmt: skip
