"""The charts that 0.1.0 rendered, kept as files, and what today makes of their profiles."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.profiles import ROOT
from tests.support.store import Store
from wingsctl.actions.profile_request import ProfileRequest
from wingsctl.actions.render_charts import RenderRequest, render_charts

OLD_CHARTS = ROOT / "tests" / "upgrades" / "from-0.1.0"
OLD_CASES = sorted(path.name for path in OLD_CHARTS.iterdir() if path.is_dir())


def old_chart(case: str) -> Path:
    """The chart as 0.1.0 wrote it; change nothing in it."""
    return OLD_CHARTS / case / "chart"


def old_profile(case: str) -> Path:
    """The profile that it was rendered from."""
    return OLD_CHARTS / case / "profile.wings.yaml"


def chart_name(case: str) -> str:
    """What a chart calls itself."""
    return str(YAML(typ="safe").load(old_chart(case) / "Chart.yaml")["name"])


def old_values(case: str) -> dict[str, Any]:
    """The values of the chart as 0.1.0 wrote it."""
    return dict(YAML(typ="safe").load(old_chart(case) / "values.yaml"))


def render_today(directory: Path) -> None:
    """Today's charts of all old profiles, each written over the old chart as users do it.

    Raises what render_charts raises, as users would see it.
    """
    for case in OLD_CASES:
        shutil.copytree(old_chart(case), directory / chart_name(case))
    profiles = ProfileRequest([str(old_profile(case)) for case in OLD_CASES])
    render_charts(RenderRequest(profiles, directory))


def with_old_values(case: str, chart: Path, directory: Path) -> Path:
    """A copy of today's chart that sees the old chart's values instead of its own.

    That is what helm makes of --reuse-values: a new default does not exist.
    """
    copy = Path(shutil.copytree(chart, directory / case))
    shutil.copyfile(old_chart(case) / "values.yaml", copy / "values.yaml")
    return copy


@pytest.fixture(scope="session")
def todays_charts(store: Store) -> dict[str, Path]:
    """Today's charts of the old profiles, by case."""
    place = store.directory("today", render_today)
    return {case: place / chart_name(case) for case in OLD_CASES}
