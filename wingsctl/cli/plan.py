"""wingsctl plan."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wingsctl.cli.options import CatalogDirs, Format, GatewayImage, ProfilePaths, catalog_dirs
from wingsctl.cli.output import reporting
from wingsctl.cli.progress import counting

if TYPE_CHECKING:
    from wingsctl.plan.deployment import DeploymentPlan
    from wingsctl.plan.summary import Summary

HELP = """Show memory, pods, command, times and needs of a profile.

\b
Example: wingsctl example minimal > chat.wings.yaml
Example: wingsctl plan chat.wings.yaml
Example: wingsctl plan chat.wings.yaml --explain model.maxLength
"""


class PlanFormat(str, Enum):
    """How a plan is printed."""

    text = "text"
    json = "json"
    yaml = "yaml"
    html = "html"


def command(
    profiles: ProfilePaths,
    every: Annotated[
        bool, typer.Option("--all", help="Every decision and its source; without defaults.")
    ] = False,
    defaults: Annotated[bool, typer.Option("--defaults", help="The same with defaults.")] = False,
    explain: Annotated[
        list[str] | None,
        typer.Option(
            "--explain", metavar="KEY", help="Value, source and place of a decision. Repeatable."
        ),
    ] = None,
    catalog: CatalogDirs = None,
    gateway_image: GatewayImage = "",
    output: Annotated[
        PlanFormat,
        typer.Option(
            "-o", "--output", help="text for people, html for a review, the others for programs."
        ),
    ] = PlanFormat.text,
) -> None:
    """Unpack, plan, print."""
    form = Format.text if output is PlanFormat.html else Format(output.value)
    with reporting("plan", form) as report:
        from wingsctl.actions.change_places import check_decided
        from wingsctl.actions.inspect_profiles import inspect_profiles, plans_of
        from wingsctl.actions.profile_request import ProfileRequest
        from wingsctl.plan.summary import summarize

        with counting(report) as progress:
            found = inspect_profiles(
                ProfileRequest(profiles, catalog_dirs(catalog), gateway_image, progress)
            )
        plans = plans_of(found)
        check_decided(plans, explain or [])
        entries = [(plan, summarize(plan)) for plan in plans]
        report.done(
            [_data(*entry) for entry in entries],
            _text(entries, explain or [], output, every=every or defaults, defaults=defaults),
            [problem for each in found for problem in each.warnings],
            warnings_last=True,
        )


def _data(plan: DeploymentPlan, summary: Summary) -> dict[str, Any]:
    decisions = [
        {"key": each.key, "value": each.value, "source": each.source} for each in plan.decisions
    ]
    return {
        "name": plan.profile.name,
        "topology": plan.topology,
        "decisions": decisions,
        "figures": summary.figures,
        "commands": [{"role": each.role, "argv": each.argv} for each in summary.commands],
        "needs": summary.needs,
    }


def _text(
    entries: list[tuple[DeploymentPlan, Summary]],
    keys: list[str],
    output: PlanFormat,
    *,
    every: bool,
    defaults: bool,
) -> str:
    from wingsctl.actions.change_places import change_places
    from wingsctl.cli.plan_text import decisions, explanation, screen

    if output is PlanFormat.html:
        from wingsctl.cli.plan_page import page

        return page(entries)
    if keys:
        texts = [explanation(plan, key, change_places) for plan, _ in entries for key in keys]
        return "\n".join(texts)
    if every:
        return "\n\n".join(decisions(plan, defaults=defaults) for plan, _ in entries)
    return "\n\n".join(screen(summary) for _, summary in entries)
