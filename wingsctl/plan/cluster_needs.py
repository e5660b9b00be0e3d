"""What must exist in the cluster before the release is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.draft import plain
from wingsctl.plan.image_reference import GATEWAY_REPOSITORY

SECRETS = (
    "secretKeyRef",
    "secretRef",
    "tokenSecret",
    "secret",
    "secretTargetRef",
    "imagePullSecrets",
)
"""Keys of a profile whose values name a Secret, and maybe a key of it."""
CONFIG_MAPS = ("configMapKeyRef", "configMapRef", "configMap")


def cluster_needs(plan: DeploymentPlan) -> list[str]:
    """One line each: devices, objects, definitions of others, the Pod Security level."""
    return list(dict.fromkeys([
        *_images(plan), *_devices(plan), *_definitions(plan), *_objects(plain(plan.profile)),
        *_networks(plan),
        f"Pod Security {plan.pod_security}: {plan.pod_security_reason}",
    ]))  # fmt: skip


def _images(plan: DeploymentPlan) -> Iterator[str]:
    if plan.gateway["image"]["repository"] == GATEWAY_REPOSITORY:
        yield "the image wings-infer, pushed to a registry of yours: --gateway-image"


def _devices(plan: DeploymentPlan) -> Iterator[str]:
    limits = plan.engine.resources.get("limits", {})
    asked = [f"{count} x {name}" for name, count in limits.items() if "/" in name]
    if asked:
        where = f"each of {plan.profile.nodes} nodes" if plan.group else "one node"
        yield f"{', '.join(asked)} free on {where}"


def _definitions(plan: DeploymentPlan) -> Iterator[str]:
    profile = plan.profile
    if plan.autoscaling is not None:
        yield f"KEDA {plan.autoscaling.oldest_keda} or later"
    if profile.monitoring.enabled:
        yield "the PodMonitor of the Prometheus operator"
    if profile.http_route is not None:
        yield "the Gateway API and its Gateway"
    if plan.model.kind == "image":
        yield "Kubernetes 1.35 or later, for the image volume"


def _networks(plan: DeploymentPlan) -> Iterator[str]:
    fabric = plan.profile.fabric
    networks = getattr(fabric, "networks", None) or []
    yield from (f"network {name} (Multus)" for name in networks)


def _objects(data: Any, key: str = "") -> Iterator[str]:
    """Secrets, ConfigMaps and claims that the profile names, wherever it does."""
    if isinstance(data, list):
        for each in data:
            yield from _objects(each, key)
        return
    if not isinstance(data, dict):
        return
    if key in SECRETS and "name" in data:
        yield f"Secret {data['name']}" + (f", key {data['key']}" if "key" in data else "")
    elif key in CONFIG_MAPS and "name" in data:
        yield f"ConfigMap {data['name']}"
    if name := data.get("secretName"):
        yield f"Secret {name}"
    if name := data.get("claimName"):
        yield f"claim {name}"
    for name, each in data.items():
        yield from _objects(each, str(name))
