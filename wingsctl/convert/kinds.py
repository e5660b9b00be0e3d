"""Which function reads which kind of object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields

COMMAND = "command"
DOCKER_RUN = "docker run"
COMPOSE = "compose service"
Reader = Callable[[Conversion, Fields], None]


@dataclass(frozen=True)
class Kind:
    """One kind: the function that reads it, and whether it runs pods.

    A workload makes the profile, so there is one of it; what is no workload is read after it.
    `module:function` is imported when it is needed. `group` is the start of the apiVersion, for
    names that several groups have.
    """

    name: str
    function: str
    group: str = ""
    is_workload: bool = False

    def read(self, conversion: Conversion, fields: Fields) -> None:
        """Reads one object of this kind."""
        module, _, name = self.function.partition(":")
        function: Reader = getattr(import_module(f"wingsctl.convert.{module}"), name)
        function(conversion, fields)


_WORKLOADS = (
    ("Deployment", "kubernetes.workloads:read_deployment", "apps/"),
    ("StatefulSet", "kubernetes.workloads:read_stateful_set", "apps/"),
    ("Pod", "kubernetes.workloads:read_pod", "v1"),
    ("LeaderWorkerSet", "kubernetes.leader_worker_set:read_group", "leaderw"),
    ("VLLMCluster", "kubernetes.workloads:read_deployment", "training.dist"),
    ("InferenceService", "kubernetes.leader_worker_set:read_group", "system.hero"),
    ("InferenceService", "operators.kserve_service:read_kserve_service", "serving."),
    ("LLMInferenceService", "kubernetes.leader_worker_set:read_group", "serving."),
    ("modelSpec", "operators.production_stack:read_model_spec", ""),
    (COMMAND, "engine.command_input:read_command_input", ""),
    (DOCKER_RUN, "docker.run:read_docker_run", ""),
    (COMPOSE, "docker.compose:read_service", ""),
)
_OTHERS = (
    ("Service", "kubernetes.services:read_service", "v1"),
    ("Ingress", "kubernetes.services:read_ingress", "networking.k8s.io/"),
    ("HTTPRoute", "kubernetes.services:read_http_route", "gateway.networking.k8s.io/"),
    ("HorizontalPodAutoscaler", "kubernetes.scaling:read_autoscaler", "autoscaling/"),
    ("ScaledObject", "kubernetes.scaled_object:read_scaled_object", "keda.sh/"),
    ("PodDisruptionBudget", "kubernetes.scaling:read_disruption_budget", "policy/"),
    ("ServiceMonitor", "kubernetes.other_objects:read_monitor", "monitoring.coreos.com/"),
    ("PodMonitor", "kubernetes.other_objects:read_monitor", "monitoring.coreos.com/"),
    ("PersistentVolumeClaim", "kubernetes.other_objects:read_claim", "v1"),
    ("ConfigMap", "kubernetes.other_objects:read_config_map", "v1"),
    ("Secret", "kubernetes.other_objects:read_secret", "v1"),
    ("Namespace", "kubernetes.other_objects:read_namespace_object", "v1"),
    ("ServiceAccount", "kubernetes.other_objects:read_service_account", "v1"),
    ("NetworkPolicy", "kubernetes.other_objects:read_network_policy", "networking.k8s.io/"),
)
KINDS = (
    *(Kind(*row, is_workload=True) for row in _WORKLOADS),
    *(Kind(*row) for row in _OTHERS),
)


def kind_of(fields: Fields) -> Kind | None:
    """The row for an object, None where its kind is not known."""
    name, version = fields.ledger.kind or fields.text("kind"), fields.text("apiVersion")
    found = (each for each in KINDS if each.name == name and version.startswith(each.group))
    return next(found, None)


def input_kind(data: object) -> str:
    """What a YAML file is that names no kind: empty where it is a Kubernetes object."""
    if not isinstance(data, dict) or "kind" in data:
        return ""
    return COMPOSE if isinstance(data.get("services"), dict) else ""


def objects_of(root: Fields) -> list[Fields]:
    """What a document holds that is read one by one: an object, those of a list, services."""
    if root.ledger.kind == COMPOSE:
        return [each for _, each in root.entries("services")]
    if not root.text("kind").endswith("List") or not isinstance(root.get("items"), list):
        return [root]
    for key in ("apiVersion", "kind", "metadata"):
        root.at(key).implied("a list is read object by object")
    return [found for item in root.items("items") for found in objects_of(item)]


def name_of(fields: Fields) -> str:
    """The name of an object, for messages and `--only`."""
    if fields.ledger.kind == COMPOSE:
        return str(fields.path[-1])
    return fields.text("metadata", "name") or "without a name"
