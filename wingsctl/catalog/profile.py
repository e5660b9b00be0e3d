"""The profile: one file, one deployment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from wingsctl.catalog.autoscaling import Autoscaling
from wingsctl.catalog.base import (
    ChartVersion,
    Count,
    Model,
    Port,
    ReleaseName,
    ResourceName,
    Text,
    Version,
)
from wingsctl.catalog.container import Args, Env, Image, Resources
from wingsctl.catalog.fabric import FabricFacts
from wingsctl.catalog.front_door import FrontDoor
from wingsctl.catalog.gateway_section import GatewaySection
from wingsctl.catalog.model_section import ModelSection
from wingsctl.catalog.network import HttpRoute, Ingress, NetworkPolicy, Service
from wingsctl.catalog.operations import (
    Monitoring,
    PodDisruptionBudget,
    Probes,
    Rollout,
    Scheduling,
    Shutdown,
    Startup,
)
from wingsctl.catalog.pod import Annotations, Labels, PodSettings, RolePod


def _named(value: Any) -> Any:
    """`engine: vllm` stands for `engine: {name: vllm}`."""
    if isinstance(value, list | bool | int | float):
        raise ValueError("must be a name, or a mapping with one")
    return {"name": value} if isinstance(value, str) else value


def _switched(value: Any) -> Any:
    """`frontDoor: true` stands for `frontDoor: {enabled: true}`."""
    return {"enabled": value} if isinstance(value, bool) else value


class EngineSection(Model):
    """The inference engine and how it is started."""

    name: Text
    """Catalog name."""
    version: Version | None = None
    """Version; by default the newest that suits the accelerator."""
    image: Image = Image()
    """Image; by default the engine's own for version and accelerator."""
    port: Port | None = None
    """Port inside the pod; by default the engine's."""
    resources: Resources = Resources()
    """CPU and memory; devices are added from `accelerator`."""
    env: Env = {}
    """Variables of the engine; literal unless `{expand: ...}` or `{valueFrom: ...}`."""
    args: Args = {}
    """Flags without leading dashes; literal."""


class AcceleratorSection(Model):
    """The card, and how many of it one pod gets."""

    name: Text
    """Catalog name, or `none` for CPU only."""
    count: Count = 1
    """Devices per pod."""
    resource: ResourceName | None = None
    """Extended resource instead of the catalog's (MIG, shared devices)."""
    strict: bool = False
    """Require nodes with this card instead of preferring them."""


class FabricSection(FabricFacts):
    """A fabric of the catalog by name, or its facts written out."""

    name: Text | None = None
    """Catalog name."""


class Parallelism(Model):
    """How the model is split; what is not written is computed."""

    tensor: Count | None = None
    """Tensor parallel size; by default the accelerators per pod."""
    pipeline: Count | None = None
    """Pipeline parallel size; by default what is left."""
    data: Count | None = None
    """Data parallel size."""
    expert: Count | None = None
    """Expert parallel size, or above 1 a switch, as the engine takes it."""


class RoleEngine(Model):
    """What the engine of one role has instead of, or beside, what `engine` says."""

    args: Args = {}
    """Further flags; false takes one of `engine.args` away."""
    env: Env = {}
    """Further variables."""
    resources: Resources = Resources()
    """Instead of those of `engine.resources`; gives the workers a StatefulSet of their own."""


class Role(Model):
    """What differs in the pods of one role."""

    engine: RoleEngine = RoleEngine()
    """The engine of this role."""
    pod: RolePod = RolePod()
    """Instead of settings of `pod`; gives the workers a StatefulSet of their own."""


class Roles(Model):
    """What differs between the leader of a group and its workers."""

    leader: Role = Role()
    """The first pod of each group."""
    worker: Role = Role()
    """All other pods."""


class ChartSection(Model):
    """Facts of the chart itself."""

    version: ChartVersion = "0.1.0"
    """Version of the chart."""


class Profile(Model):
    """A deployment of one model on one kind of accelerator."""

    wingsctl: Literal["v1"]
    """Version of this format; always the first key."""
    name: ReleaseName
    """Name of the chart and, by default, of the release."""
    model: Annotated[
        ModelSection, BeforeValidator(_named, json_schema_input_type=Text | ModelSection)
    ]
    """The model to serve; a text stands for its name."""
    engine: Annotated[
        EngineSection, BeforeValidator(_named, json_schema_input_type=Text | EngineSection)
    ]
    """The inference engine; a text stands for its name."""
    accelerator: Annotated[
        AcceleratorSection,
        BeforeValidator(_named, json_schema_input_type=Text | AcceleratorSection),
    ]
    """The accelerator; a text stands for its name."""
    fabric: Annotated[
        FabricSection | None,
        BeforeValidator(_named, json_schema_input_type=Text | FabricSection | None),
    ] = None
    """The network between nodes; a text stands for its name."""
    nodes: Annotated[int, Field(ge=1, le=512)] = 1
    """Pods that one replica spans; above 1 is leader-worker."""
    replicas: Annotated[int, Field(ge=0)] | None = None
    """Pods (or groups); refused beside autoscaling. 1 by default."""
    roles: Roles = Roles()
    """Groups only: what differs between leader and workers."""
    parallelism: Parallelism = Parallelism()
    """How the model is split; by default computed."""
    gateway: GatewaySection = GatewaySection()
    """The wings-infer container."""
    front_door: Annotated[
        FrontDoor | None,
        BeforeValidator(_switched, json_schema_input_type=bool | FrontDoor | None),
    ] = None
    """A door before all pods, or `true`, `false`; by default there is one when scaling to zero."""
    pod: PodSettings = PodSettings()
    """Settings of the pods, in Kubernetes' words."""
    scheduling: Scheduling = Scheduling()
    """Groups only: where their pods go, and their admission as one."""
    service: Service = Service()
    """The client Service."""
    ingress: Ingress | None = None
    """An Ingress in front of the Service."""
    http_route: HttpRoute | None = None
    """A Gateway API route in front of the Service."""
    autoscaling: Autoscaling | None = None
    """Scaling by KEDA."""
    startup: Startup = Startup()
    """Time budget of a start; by default computed."""
    shutdown: Shutdown = Shutdown()
    """Time budget of an end."""
    probes: Probes = Probes()
    """Timing of the kubelet's probes."""
    rollout: Rollout = Rollout()
    """How pods are replaced."""
    network_policy: NetworkPolicy = NetworkPolicy()
    """Who may reach the pods."""
    pod_disruption_budget: PodDisruptionBudget = PodDisruptionBudget()
    """How many pods may be evicted at once."""
    monitoring: Monitoring = Monitoring()
    """A PodMonitor for the Prometheus operator."""
    chart: ChartSection = ChartSection()
    """Facts of the chart itself."""
    labels: Labels = {}
    """Labels of every object and pod."""
    annotations: Annotations = {}
    """Annotations of every object."""
