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
    is_workload: bool = False
    group: str = ""

    def read(self, conversion: Conversion, fields: Fields) -> None:
        """Reads one object of this kind."""
        module, _, name = self.function.partition(":")
        function: Reader = getattr(import_module(f"wingsctl.convert.{module}"), name)
        function(conversion, fields)


KINDS = (
    Kind("Deployment", "workloads:read_deployment", is_workload=True, group="apps/"),
    Kind("StatefulSet", "workloads:read_stateful_set", is_workload=True, group="apps/"),
    Kind("Pod", "workloads:read_pod", is_workload=True, group="v1"),
    Kind("LeaderWorkerSet", "leader_worker_set:read_group", is_workload=True, group="leaderw"),
    Kind("VLLMCluster", "workloads:read_deployment", is_workload=True, group="training.dist"),
    Kind("InferenceService", "leader_worker_set:read_group", is_workload=True, group="system.hero"),
    Kind(
        "InferenceService", "kserve_service:read_kserve_service", is_workload=True, group="serving."
    ),
    Kind("LLMInferenceService", "leader_worker_set:read_group", is_workload=True, group="serving."),
    Kind("modelSpec", "production_stack:read_model_spec", is_workload=True),
    Kind(COMMAND, "command_input:read_command_input", is_workload=True),
    Kind(DOCKER_RUN, "docker_run:read_docker_run", is_workload=True),
    Kind(COMPOSE, "compose:read_service", is_workload=True),
    Kind("Service", "services:read_service", group="v1"),
    Kind("Ingress", "services:read_ingress", group="networking.k8s.io/"),
    Kind("HTTPRoute", "services:read_http_route", group="gateway.networking.k8s.io/"),
    Kind("HorizontalPodAutoscaler", "scaling:read_autoscaler", group="autoscaling/"),
    Kind("ScaledObject", "scaled_object:read_scaled_object", group="keda.sh/"),
    Kind("PodDisruptionBudget", "scaling:read_disruption_budget", group="policy/"),
    Kind("ServiceMonitor", "other_objects:read_monitor", group="monitoring.coreos.com/"),
    Kind("PodMonitor", "other_objects:read_monitor", group="monitoring.coreos.com/"),
    Kind("PersistentVolumeClaim", "other_objects:read_claim", group="v1"),
    Kind("ConfigMap", "other_objects:read_config_map", group="v1"),
    Kind("Secret", "other_objects:read_secret", group="v1"),
    Kind("Namespace", "other_objects:read_namespace_object", group="v1"),
    Kind("ServiceAccount", "other_objects:read_service_account", group="v1"),
    Kind("NetworkPolicy", "other_objects:read_network_policy", group="networking.k8s.io/"),
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
