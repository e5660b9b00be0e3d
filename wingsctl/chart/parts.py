"""Which parts of chart-templates/ a plan needs."""

from __future__ import annotations

from collections.abc import Callable

from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.triggers import ADD_ON

Part = tuple[str, Callable[[DeploymentPlan], bool]]

PARTS: tuple[Part, ...] = (
    ("core", lambda plan: True),
    ("sidecar", lambda plan: plan.group is None),
    # Who asks if one serves alone: the Service, unless a door stands before it, and a Deployment.
    ("alone", lambda plan: not plan.front_door or not (plan.group or plan.autoscaling)),
    ("leader-worker/group", lambda plan: plan.group is not None),
    ("leader-worker/one-set", lambda plan: plan.group is not None and not plan.group.is_split),
    ("leader-worker/two-sets", lambda plan: plan.group is not None and plan.group.is_split),
    ("leader-worker/fixed", lambda plan: plan.group is not None and plan.autoscaling is None),
    ("leader-worker/volcano", lambda plan: queue_kind(plan) == "volcano"),
    ("storage/host-path", lambda plan: plan.model.kind == "hostPath"),
    ("storage/claim", lambda plan: plan.model.kind == "pvc"),
    ("storage/image", lambda plan: plan.model.kind == "image"),
    ("storage/hub-ephemeral", lambda plan: hub_cache(plan) == "ephemeral"),
    ("storage/hub-claim", lambda plan: hub_cache(plan) == "pvc"),
    ("storage/new-claim", lambda plan: claim_key(plan) is not None),
    ("gateway/auth", lambda plan: "auth" in gateway_secrets(plan)),
    ("gateway/tls", lambda plan: "tls" in gateway_secrets(plan)),
    ("front-door/door", lambda plan: plan.front_door is not None),
    ("front-door/pods", lambda plan: plan.front_door is not None and plan.group is None),
    ("front-door/leaders", lambda plan: plan.front_door is not None and plan.group is not None),
    ("front-door/demand", lambda plan: bool(plan.front_door and plan.autoscaling)),
    (
        "front-door/monitoring",
        lambda plan: plan.front_door is not None and plan.profile.monitoring.enabled,
    ),
    ("network/ingress", lambda plan: plan.profile.ingress is not None),
    ("network/http-route", lambda plan: plan.profile.http_route is not None),
    ("autoscaling/triggers", lambda plan: plan.autoscaling is not None),
    ("autoscaling/deployment", lambda plan: plan.autoscaling is not None and plan.group is None),
    ("autoscaling/groups", lambda plan: plan.autoscaling is not None and plan.group is not None),
    ("autoscaling/http", lambda plan: ADD_ON in trigger_types(plan)),
    ("monitoring", lambda plan: plan.profile.monitoring.enabled),
    ("tests", lambda plan: True),
)


def parts_of(plan: DeploymentPlan) -> list[str]:
    """The parts of a plan, in the order in which their files are added."""
    return [part for part, is_needed in PARTS if is_needed(plan)]


def trigger_types(plan: DeploymentPlan) -> list[str]:
    """The types of the triggers, each once, sorted."""
    triggers = plan.autoscaling.values["triggers"] if plan.autoscaling else []
    return sorted({each["type"] for each in triggers})


def queue_kind(plan: DeploymentPlan) -> str | None:
    """The gang scheduler that admits the groups, or None."""
    queue = plan.profile.scheduling.queue
    return queue.kind if queue and plan.group else None


def gateway_secrets(plan: DeploymentPlan) -> list[str]:
    """The gateway's own Secrets, by the name of the part that mounts each."""
    gateway = plan.profile.gateway
    return [name for name in ("auth", "tls") if getattr(gateway, name) is not None]


def hub_cache(plan: DeploymentPlan) -> str | None:
    """The cache of a hub source, "ephemeral" or "pvc", else None."""
    cache = plan.model.source.get("cache") if plan.model.kind == "hub" else None
    return next(iter(cache)) if cache else None


def claim_key(plan: DeploymentPlan) -> str | None:
    """The values key below model.source of a claim that the chart creates, or None."""
    source = plan.model.source
    if plan.model.kind == "pvc" and "create" in source:
        return "pvc"
    if hub_cache(plan) == "pvc" and "create" in source["cache"]["pvc"]:
        return f"{source['hub']}.cache.pvc"
    return None
