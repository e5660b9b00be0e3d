"""wingsctl plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wingsctl.cli.options import (
    CatalogDirs,
    Format,
    GatewayImage,
    OutputFormat,
    ProfilePaths,
    catalog_dirs,
)
from wingsctl.cli.output import reporting, table

if TYPE_CHECKING:
    from wingsctl.plan.deployment import DeploymentPlan

HELP = """Show every decision and where it comes from: profile line, catalog file or rule.

\b
Example: wingsctl plan examples/minimal.wings.yaml
"""


def command(
    profiles: ProfilePaths,
    catalog: CatalogDirs = None,
    gateway_image: GatewayImage = "",
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, plan, print."""
    with reporting("plan", output) as report:
        from wingsctl.actions.inspect_profiles import inspect_profiles, plans_of
        from wingsctl.actions.profile_request import ProfileRequest

        request = ProfileRequest(profiles, catalog_dirs(catalog), gateway_image)
        found = inspect_profiles(request)
        plans = plans_of(found)
        report.done(
            [_data(plan) for plan in plans],
            "\n\n".join(_text(plan) for plan in plans),
            [problem for each in found for problem in each.warnings],
        )


def _data(plan: DeploymentPlan) -> dict[str, Any]:
    decisions = [
        {"key": each.key, "value": each.value, "source": each.source} for each in plan.decisions
    ]
    return {"name": plan.profile.name, "topology": plan.topology, "decisions": decisions}


def _text(plan: DeploymentPlan) -> str:
    rows = [(each.key, _shown(each.value), each.source) for each in plan.decisions]
    return f"{plan.profile.name}\n" + table(rows, ("DECISION", "VALUE", "SOURCE"))


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.replace("\n", "\\n")
    return text if len(text) <= 72 else text[:69] + "..."
