"""values.yaml as data: what can change at install time, in the profile's own words."""

from __future__ import annotations

import json
from typing import Any

from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.draft import plain


def build_values(plan: DeploymentPlan) -> dict[str, Any]:
    """The chart's values; only keys that a template of this chart reads."""
    profile = plan.profile
    values: dict[str, Any] = {
        "replicas": 1 if profile.replicas is None else profile.replicas,
        "model": _model(plan),
        "engine": _engine(plan),
        "parallelism": {"tensor": plan.parallel.tensor},
        "gateway": plan.gateway,
        "service": plain(profile.service),
        "ingress": plain(profile.ingress),
        "httpRoute": plain(profile.http_route),
        "autoscaling": plan.autoscaling,
        "startup": {
            "pullSeconds": plan.time.pull,
            "loadDeadlineSeconds": plan.time.load_deadline,
        },
        "shutdown": plain(profile.shutdown),
        "probes": plain(profile.probes),
        "rollout": plain(profile.rollout),
        "networkPolicy": plain(profile.network_policy),
        "podDisruptionBudget": plain(profile.pod_disruption_budget),
        "monitoring": _monitoring(plan),
        "pod": plan.pod,
        "labels": dict(profile.labels),
        "annotations": dict(profile.annotations),
    }
    if plan.autoscaling is not None:
        del values["replicas"]
    kept: dict[str, Any] = _without_nulls(values)
    return kept


def _without_nulls(node: Any) -> Any:
    """Helm 4 drops the nulls of a chart's own values, helm 3 keeps them: there are none."""
    if isinstance(node, dict):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None}
    if isinstance(node, list):
        return [_without_nulls(item) for item in node]
    return node


def _argument(value: Any) -> Any:
    """An argument's value; an object with a null in it, which means something, as JSON text."""
    if isinstance(value, dict) and value != _without_nulls(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return value


def _model(plan: DeploymentPlan) -> dict[str, Any]:
    model = plan.model
    values: dict[str, Any] = {
        "servedName": model.served_names,
        "path": model.path,
        "maxLength": model.max_length,
        "source": {_source_key(plan): _source(plan)},
    }
    if model.chat_template is not None:
        values["chatTemplate"] = model.chat_template
    return values


def _source_key(plan: DeploymentPlan) -> str:
    return plan.model.source["hub"] or plan.model.kind


def _source(plan: DeploymentPlan) -> dict[str, Any]:
    """What the templates read of a source; a hub's repository is model.path."""
    if plan.model.kind == "hub":
        return {"cache": plan.model.source["cache"]}
    return {key: value for key, value in plan.model.source.items() if key != "hub"}


def _engine(plan: DeploymentPlan) -> dict[str, Any]:
    engine = plan.engine
    return {
        "version": engine.version,
        "image": engine.image,
        "port": engine.port,
        "command": engine.command,
        "args": {flag: _argument(value) for flag, value in engine.args.items()},
        "repeatable": engine.repeatable,
        "env": engine.env,
        "resources": engine.resources,
        "shmSize": engine.profile.shm,
        "capabilities": engine.capabilities,
    }


def _monitoring(plan: DeploymentPlan) -> dict[str, Any] | None:
    monitoring = plan.profile.monitoring
    if not monitoring.enabled:
        return None
    return {"intervalSeconds": monitoring.interval_seconds, "labels": dict(monitoring.labels)}
