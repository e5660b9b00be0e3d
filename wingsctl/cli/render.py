"""wingsctl render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from wingsctl.cli.chart_place import OldOutputDir, OutputDir, OutputOfCharts, chart_place
from wingsctl.cli.options import (
    CatalogDirs,
    Force,
    Format,
    GatewayImage,
    ProfilePaths,
    catalog_dirs,
)
from wingsctl.cli.output import Report, put, reporting
from wingsctl.cli.progress import counting
from wingsctl.errors import DriftError

if TYPE_CHECKING:
    from wingsctl.actions.render_charts import RenderResult

HELP = """Render profiles to Helm charts, each whole or not at all.

\b
Example: wingsctl example minimal > chat.wings.yaml
Example: wingsctl render chat.wings.yaml --output-dir charts
Example: wingsctl render --check *.wings.yaml --output-dir charts
"""


def command(
    profiles: ProfilePaths,
    output_dir: OutputDir = None,
    old_output_dir: OldOutputDir = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit 10 with a diff where disk differs."),
    ] = False,
    force: Force = False,
    catalog: CatalogDirs = None,
    gateway_image: GatewayImage = "",
    output: OutputOfCharts = Format.text,
) -> None:
    """Unpack, render, print."""
    place = chart_place(output_dir, old_output_dir)
    with reporting("render", output) as report:
        from wingsctl.actions.profile_request import ProfileRequest
        from wingsctl.actions.render_charts import RenderRequest, render_charts

        with counting(report) as progress:
            request = ProfileRequest(profiles, catalog_dirs(catalog), gateway_image, progress)
            result = render_charts(RenderRequest(request, place, check, force))
        _print(report, result, check=check)


def _print(report: Report, result: RenderResult, *, check: bool) -> None:
    data = [
        {
            "name": chart.name,
            "directory": str(chart.directory),
            "changed": chart.changed,
            **({"diff": chart.diff} if check else {}),
        }
        for chart in result.charts
    ]
    if check and result.has_drift:
        if not report.is_data:
            put("".join(chart.diff for chart in result.charts))
        changed = ", ".join(str(chart.directory) for chart in result.charts if chart.changed)
        error = DriftError(f"not as rendered: {changed}", hint=_remedy(result))
        report.fail(error, data)
        raise typer.Exit(error.exit_code)
    words = {True: "written", False: "unchanged"}
    lines = [f"{chart.directory}: {words[chart.changed]}" for chart in result.charts]
    report.done(data, "\n".join(lines), result.warnings)


def _remedy(result: RenderResult) -> str:
    """What to do about drift: rendering it, or what stands in the way of that."""
    refusals = [chart.refusal for chart in result.charts if chart.changed and chart.refusal]
    lines = [f"wingsctl render would be refused: {refusal}" for refusal in refusals]
    return "\n".join(lines) or "run wingsctl render without --check"
