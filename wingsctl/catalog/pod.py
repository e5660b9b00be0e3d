"""Pod settings, in Kubernetes' own words and shapes."""

from __future__ import annotations

from typing import Any, Literal

from wingsctl.catalog.base import DnsName, LabelKey, LabelValue, Model, Text
from wingsctl.catalog.container import Env

Labels = dict[LabelKey, LabelValue]
Annotations = dict[LabelKey, Text]
KubernetesObject = dict[str, Any]


class Toleration(Model):
    """A taint that the pod tolerates."""

    key: str | None = None
    """Key of the taint."""
    operator: Literal["Equal", "Exists", "Lt", "Gt"] | None = None
    """How key and value are compared."""
    value: str | None = None
    """Value of the taint."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Effect of the taint; none means all."""
    toleration_seconds: int | None = None
    """How long NoExecute is tolerated."""


class LocalReference(Model):
    """The name of an object in the same namespace."""

    name: DnsName
    """Name of the object."""


class RolePod(Model):
    """Settings of the pods of one role."""

    node_selector: dict[LabelKey, LabelValue] | None = None
    """Node labels that must match."""
    tolerations: list[Toleration] | None = None
    """Taints tolerated; one for the accelerator's resource is added."""
    affinity: KubernetesObject | None = None
    """Affinity; a preference for the accelerator's nodes is added."""
    topology_spread_constraints: list[KubernetesObject] | None = None
    """How pods spread over zones or nodes."""
    priority_class_name: DnsName | None = None
    """PriorityClass."""
    scheduler_name: Text | None = None
    """Scheduler."""
    runtime_class_name: DnsName | None = None
    """RuntimeClass, such as nvidia."""
    image_pull_secrets: list[LocalReference] | None = None
    """Secrets for private registries."""
    security_context: KubernetesObject | None = None
    """Merged over the default: user 10001, no root, seccomp RuntimeDefault."""
    service_account_name: DnsName | None = None
    """An existing ServiceAccount instead of the chart's own."""
    annotations: Annotations = {}
    """Annotations of the pods."""
    labels: Labels = {}
    """Labels of the pods."""
    volumes: list[KubernetesObject] = []
    """Further volumes."""
    volume_mounts: list[KubernetesObject] = []
    """Mounted into the engine container."""


class PodSettings(RolePod):
    """Everything of a pod that people set."""

    host_network: bool | None = None
    """Use the node's network; no NetworkPolicy holds then."""
    dns_policy: Literal["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] | None = None
    """DNS policy."""
    env: Env = {}
    """Set in both containers."""
