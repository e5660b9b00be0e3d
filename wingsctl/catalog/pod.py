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
    operator: Literal["Equal", "Exists", "Lt", "Gt"] | None = None
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    toleration_seconds: int | None = None


class LocalReference(Model):
    """The name of an object in the same namespace."""

    name: DnsName


class PodSettings(Model):
    """Everything of a pod that people set."""

    node_selector: dict[LabelKey, LabelValue] | None = None
    tolerations: list[Toleration] | None = None
    affinity: KubernetesObject | None = None
    topology_spread_constraints: list[KubernetesObject] | None = None
    priority_class_name: DnsName | None = None
    scheduler_name: Text | None = None
    runtime_class_name: DnsName | None = None
    image_pull_secrets: list[LocalReference] | None = None
    security_context: KubernetesObject | None = None
    service_account_name: DnsName | None = None
    host_network: bool | None = None
    dns_policy: Literal["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] | None = None
    annotations: Annotations = {}
    labels: Labels = {}
    volumes: list[KubernetesObject] = []
    volume_mounts: list[KubernetesObject] = []
    """Mounted into the engine container."""
    env: Env = {}
    """Set in both containers."""
