"""The `frontDoor` part of a profile: one door before all pods, which holds requests at zero."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from wingsctl.catalog.base import DnsName, LabelKey, LabelValue, Model, Seconds
from wingsctl.catalog.container import Env, Resources
from wingsctl.catalog.pod import Annotations, KubernetesObject, Toleration


class FrontDoorPod(Model):
    """Where the front door runs: it needs no accelerator, so what `pod` says does not count."""

    node_selector: dict[LabelKey, LabelValue] | None = None
    """Node labels that must match."""
    tolerations: list[Toleration] | None = None
    """Taints tolerated."""
    affinity: KubernetesObject | None = None
    """Affinity."""
    topology_spread_constraints: list[KubernetesObject] | None = None
    """How its pods spread; by default over nodes, where there are several."""
    priority_class_name: DnsName | None = None
    """PriorityClass."""
    security_context: KubernetesObject | None = None
    """Merged over the default: user 10001, no root, seccomp RuntimeDefault."""
    annotations: Annotations = {}
    """Annotations of its pods."""


class FrontDoor(Model):
    """A small Deployment before all pods; it holds requests while none is ready."""

    enabled: bool = True
    """False renders none, also where scaling to zero would."""
    replicas: Annotated[int, Field(ge=1, le=1000)] = 2
    """Pods of the door."""
    resources: Resources = Resources()
    """CPU and memory of one of them."""
    hold_seconds: Seconds | None = None
    """How long a request waits for a ready pod; by default a cold start and a margin."""
    max_waiting: Annotated[int, Field(ge=0, le=1_000_000)] = 1024
    """Requests that each pod of the door holds."""
    drain_seconds: Seconds | None = None
    """After SIGTERM, for what runs or is held; by default `shutdown.drainSeconds`."""
    env: Env = {}
    """Further variables of the door, beside those of `gateway.env`."""
    pod: FrontDoorPod = FrontDoorPod()
    """Where its pods run."""
