"""values.yaml as data: what can change at install time, in the profile's own words."""

from __future__ import annotations

import json
from typing import Any

from wingsctl.plan.deployment import DeploymentPlan, GroupPlan, RolePlan
from wingsctl.plan.draft import plain


def build_values(plan: DeploymentPlan) -> dict[str, Any]:
    """The chart's values; only keys that a template of this chart reads."""
    profile = plan.profile
    values: dict[str, Any] = {
        "replicas": 1 if profile.replicas is None else profile.replicas,
        "model": _model(plan),
        "engine": _engine(plan),
        "roles": _roles(plan.group),
        "parallelism": {"tensor": plan.parallel.tensor},
        "gateway": plan.gateway,
        "frontDoor": plan.front_door.values if plan.front_door else None,
        "service": plain(profile.service),
        "ingress": plain(profile.ingress),
        "httpRoute": plain(profile.http_route),
        "autoscaling": plan.autoscaling.values if plan.autoscaling else None,
        "startup": {
            "pullSeconds": plan.time.pull,
            "loadDeadlineSeconds": plan.time.load_deadline,
        },
        "shutdown": _shutdown(plan),
        "probes": plain(profile.probes),
        "rollout": plan.group.rollout if plan.group else plain(profile.rollout),
        "scheduling": plan.group.scheduling if plan.group else None,
        "networkPolicy": _network_policy(plan),
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
        "shmSize": engine.shm,
        "capabilities": engine.capabilities,
    }


def _roles(group: GroupPlan | None) -> dict[str, Any] | None:
    """What the roles differ in; resources and pod settings where they have sets of their own."""
    if group is None:
        return None
    return {"leader": _role(group, group.leader), "worker": _role(group, group.worker)}


def _role(group: GroupPlan, role: RolePlan) -> dict[str, Any]:
    engine: dict[str, Any] = {
        "args": {flag: _argument(value) for flag, value in role.args.items()},
        "env": role.env,
    }
    if not group.is_split:
        return {"engine": engine}
    return {"engine": {**engine, "resources": role.resources}, "pod": role.pod}


def _shutdown(plan: DeploymentPlan) -> dict[str, Any]:
    shutdown: dict[str, Any] = plain(plan.profile.shutdown)
    return {**shutdown, "turnSeconds": plan.time.turn} if plan.group else shutdown


def _network_policy(plan: DeploymentPlan) -> dict[str, Any]:
    policy: dict[str, Any] = plain(plan.profile.network_policy)
    scalers = plan.front_door.scalers if plan.front_door else []
    return {**policy, "scalers": scalers} if scalers else policy


def _monitoring(plan: DeploymentPlan) -> dict[str, Any] | None:
    monitoring = plan.profile.monitoring
    if not monitoring.enabled:
        return None
    return {"intervalSeconds": monitoring.interval_seconds, "labels": dict(monitoring.labels)}
