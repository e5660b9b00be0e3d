"""Back from values to the waits that the plan would have with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from wingsctl.catalog.operations import Probes, Shutdown
from wingsctl.plan.waits import Waits


def waits_of_values(values: Mapping[str, Any], nodes: int) -> Waits | None:
    """The waits of a chart with these values, `nodes` pods to a replica.

    None where they are not the values of a chart that wingsctl rendered.
    """
    scaling = values.get("autoscaling") or {}
    try:
        startup = values["startup"]
        return Waits(
            nodes,
            int(scaling.get("max") or values.get("replicas", 1)),
            int(startup["pullSeconds"]),
            int(startup["loadDeadlineSeconds"]),
            Shutdown.model_validate(values.get("shutdown") or {}),
            Probes.model_validate(values.get("probes") or {}).readiness,
        )
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError):
        return None
