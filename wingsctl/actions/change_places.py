"""Where a decision of a plan is changed: in the profile, and in the chart's values."""

from __future__ import annotations

import json
from typing import Any

from wingsctl.actions.export_schema import export_schema
from wingsctl.catalog.schema_keys import find_key
from wingsctl.chart.values import build_values
from wingsctl.documents import did_you_mean
from wingsctl.errors import PlanError
from wingsctl.plan.deployment import DeploymentPlan


def change_places(plan: DeploymentPlan, key: str) -> list[str]:
    """Sentences; none where a decision only follows from others."""
    schema = json.loads(export_schema("profile"))
    places = [f"{key} in the profile"] if find_key(schema, key) else []
    names = _names(build_values(plan), key)
    if names:
        path = ".".join(name.replace(".", r"\.") for name in names)
        places.append(f"without wingsctl: helm upgrade --set '{path}=...'")
    return places or ["it follows from other decisions"]


def check_decided(plans: list[DeploymentPlan], keys: list[str]) -> None:
    """Raises PlanError, with the nearest, for a key at or below which no plan decides anything."""
    known = list(dict.fromkeys(each.key for plan in plans for each in plan.decisions))
    for key in keys:
        if not any(f"{each}.".startswith(f"{key}.") for each in known):
            hint = did_you_mean(key, known) or "wingsctl plan --all --defaults lists them"
            raise PlanError(f"nothing is decided about {key!r}", hint=hint)


def _names(values: Any, path: str) -> list[str]:
    """The keys that a path leads through; keys may hold dots, as those of devices do."""
    if not isinstance(values, dict):
        return []
    for key, value in values.items():
        if path == key:
            return [key]
        if path.startswith(f"{key}.") and (rest := _names(value, path[len(key) + 1 :])):
            return [key, *rest]
    return []
