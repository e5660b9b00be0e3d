"""The model of values.yaml, from the same parts as the profile.

Only the generator of `values.schema.json` and the tests import it: a render uses the
generated schema, and never builds these classes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wingsctl.catalog.base import Count, LabelKey, Model, Port, QuantityText, Seconds, Version
from wingsctl.catalog.container import Args, Env, Image, Resources
from wingsctl.catalog.fabric import Capability
from wingsctl.catalog.gateway_section import GatewayAuth, GatewayTls
from wingsctl.catalog.model_section import (
    Claim,
    EphemeralCache,
    HostPath,
    ImageSource,
)
from wingsctl.catalog.network import HttpRoute, Ingress, NetworkPolicy, Service
from wingsctl.catalog.operations import (
    PodDisruptionBudget,
    Probes,
    Rollout,
    Shutdown,
)
from wingsctl.catalog.pod import Annotations, Labels, PodSettings, RolePod
from wingsctl.catalog.profile import RoleEngine
from wingsctl.chart.values_scaling import HelmInteger, ValuesAutoscaling, ValuesFrontDoor


class ValuesImage(Image):
    """A container image; digest wins over tag."""

    repository: Annotated[str, Field(pattern=r"^[a-z0-9][A-Za-z0-9._:/-]*$")]
    tag: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]
    digest: Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64})?$")] = ""


class ValuesCache(Model):
    """Where the downloaded model is kept."""

    ephemeral: EphemeralCache | None = None
    pvc: Claim | None = None


class ValuesHub(Model):
    """A model hub; the repository is model.path."""

    cache: ValuesCache


class ValuesSource(Model):
    """Where the weights are; the kind is fixed when the chart is rendered."""

    host_path: HostPath | None = None
    pvc: Claim | None = None
    huggingface: ValuesHub | None = None
    modelscope: ValuesHub | None = None
    image: ImageSource | None = None


class ValuesModel(Model):
    """The model and its names."""

    served_name: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    """Names that the API answers to; the first is MODEL_NAME."""
    path: Annotated[str, Field(min_length=1)]
    """What the engine loads: a directory below /models, or a hub repository (MODEL_PATH)."""
    max_length: Count | Literal["auto"]
    """Longest request in tokens, prompt and answer together, or auto (MAX_MODEL_LEN)."""
    source: ValuesSource
    """Where the weights are; another kind of source needs a new chart."""
    chat_template: str
    """Text of the chat template; literal, and never expanded."""


class ValuesEngine(Model):
    """The engine container."""

    version: Version
    """Informational; image.tag decides what runs."""
    image: ValuesImage
    port: Port
    """Port of the engine inside the pod (ENGINE_PORT)."""
    command: Annotated[list[str], Field(min_length=1)]
    """Start of the argv; $(NAME) is a variable of the gateway container."""
    args: Args = {}
    """Further flags without leading dashes, literal: true is a bare flag, false or null none."""
    repeatable: list[str] = []
    """Flags that are written once per value of a list."""
    env: Env = {}
    """Variables of the engine; literal unless {expand: ...} or {valueFrom: ...}."""
    resources: Resources = Resources()
    """Devices stand in requests and limits alike; change parallelism.tensor with them."""
    shm_size: QuantityText
    """Size of /dev/shm; counts against the memory limit."""
    capabilities: list[Capability] = []
    """Linux capabilities to add, for RDMA."""


class ValuesRole(Model):
    """What differs in the pods of one role."""

    engine: RoleEngine = RoleEngine()
    """The engine of this role; its arguments and variables win over engine.args and engine.env."""
    pod: RolePod = RolePod()
    """Instead of settings of pod."""


class ValuesRoles(Model):
    """What differs between the leader of a group and its workers."""

    leader: ValuesRole
    """The first pod of each group."""
    worker: ValuesRole
    """All other pods."""


class ValuesQueue(Model):
    """The gang scheduler's queue; its kind is fixed when the chart is rendered."""

    name: Annotated[str, Field(min_length=1)]
    """Name of the queue."""


class ValuesScheduling(Model):
    """Where the pods of a group go, and their admission as one."""

    topology_key: LabelKey
    """Node label in which the pods of a group want to be equal: a rack, a zone."""
    strict: bool
    """Require that, instead of preferring it."""
    first_host_port: Annotated[int, Field(ge=1024, le=65000)]
    """On the node's network each group takes 32 ports, from here on: two may share a node."""
    queue: ValuesQueue
    """Admits all pods of a group, or none."""


class ValuesParallelism(Model):
    """How the model is split."""

    tensor: Count
    """TP_SIZE; must match the devices of the engine."""


class ValuesGateway(Model):
    """The wings-infer container."""

    image: ValuesImage
    """Where you pushed wings-infer."""
    resources: Resources = Resources()
    env: Env = {}
    """Further variables: limits, CORS and log of the gateway, see the sidecar contract."""
    auth: GatewayAuth | None = None
    """Secret with the API keys, one a line."""
    tls: GatewayTls | None = None
    """Secret with the certificate of port 9000."""


class ValuesStartup(Model):
    """Time budget of a start, in seconds."""

    pull_seconds: Seconds
    load_deadline_seconds: Seconds


class ValuesMonitoring(Model):
    """A PodMonitor for the Prometheus operator."""

    interval_seconds: Seconds
    labels: Labels = {}


class ValuesService(Service):
    """The client Service."""

    name: (
        Annotated[str, Field(pattern=r"^([a-z]([-a-z0-9]*[a-z0-9])?)?$", max_length=63)] | None
    ) = None


class Values(Model):
    """Values of a chart made by wingsctl."""

    replicas: HelmInteger
    """Number of pods."""
    model: ValuesModel
    """The model to serve."""
    engine: ValuesEngine
    """The inference engine."""
    roles: ValuesRoles
    """What differs between the leader of a group and its workers."""
    parallelism: ValuesParallelism
    """How the model is split over devices."""
    gateway: ValuesGateway
    """The wings-infer container in front of the engine."""
    front_door: ValuesFrontDoor
    """Takes all requests, holds them while no pod is ready, and tells KEDA the demand."""
    service: ValuesService
    """The client Service; only the gateway's port 9000 is behind it."""
    ingress: Ingress
    """The Ingress in front of the Service."""
    http_route: HttpRoute
    """The Gateway API route in front of the Service."""
    autoscaling: ValuesAutoscaling
    """KEDA; needs its CRDs in the cluster."""
    startup: ValuesStartup
    """Time budget of a start: image pull, then the load deadline that the gateway enforces."""
    shutdown: Shutdown
    """Time budget of an end; the grace period is the sum and 10 s."""
    probes: Probes
    """Timing of the kubelet's probes."""
    rollout: Rollout
    """maxSurge 0 never waits for a spare accelerator; 1 does, but keeps serving."""
    scheduling: ValuesScheduling
    """Where the pods of a group go."""
    network_policy: NetworkPolicy
    """Clients reach port 9000, the cluster port 9001, nobody the engine."""
    pod_disruption_budget: PodDisruptionBudget
    """One pod at a time."""
    monitoring: ValuesMonitoring
    """The PodMonitor."""
    pod: PodSettings
    """Fields of the pod, in Kubernetes' own words."""
    labels: Labels = {}
    """On every object and pod."""
    annotations: Annotations = {}
    """On every object."""
