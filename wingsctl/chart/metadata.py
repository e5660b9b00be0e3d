"""Chart.yaml as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wingsctl.plan.deployment import DeploymentPlan

TIMEOUT_ANNOTATION = "wingsctl/helm-timeout-seconds"
"""Read back by `wingsctl install` when it is given a rendered chart."""


def build_metadata(plan: DeploymentPlan) -> dict[str, Any]:
    """The chart's metadata; helm 4 refuses keys it does not know."""
    profile = plan.profile
    return {
        "apiVersion": "v2",
        "name": profile.name,
        "description": f"{plan.model.served_names[0][:80]} on {plan.engine.profile.title}",
        "type": "application",
        "version": profile.chart.version,
        "appVersion": plan.engine.version,
        "kubeVersion": ">=1.28.0-0",
        "annotations": {TIMEOUT_ANNOTATION: str(plan.time.helm_timeout)},
    }
