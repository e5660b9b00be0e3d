"""The profile: one file, one deployment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

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
from wingsctl.catalog.gateway_section import GatewaySection
from wingsctl.catalog.model_section import ModelSection
from wingsctl.catalog.network import HttpRoute, Ingress, NetworkPolicy, Service
from wingsctl.catalog.operations import (
    Autoscaling,
    Monitoring,
    PodDisruptionBudget,
    Probes,
    Rollout,
    Scheduling,
    Shutdown,
    Startup,
)
from wingsctl.catalog.pod import Annotations, Labels, PodSettings


def _named(value: Any) -> Any:
    """`engine: vllm` stands for `engine: {name: vllm}`."""
    if isinstance(value, list | bool | int | float):
        raise ValueError("must be a name, or a mapping with one")
    return {"name": value} if isinstance(value, str) else value


class EngineSection(Model):
    """The inference engine and how it is started."""

    name: Text
    version: Version | None = None
    image: Image = Image()
    port: Port | None = None
    resources: Resources = Resources()
    env: Env = {}
    args: Args = {}


class AcceleratorSection(Model):
    """The card, and how many of it one pod gets."""

    name: Text
    count: Count = 1
    resource: ResourceName | None = None
    strict: bool = False


class FabricSection(FabricFacts):
    """A fabric of the catalog by name, or its facts written out."""

    name: Text | None = None


class Parallelism(Model):
    """How the model is split; what is not written is computed."""

    tensor: Count | None = None
    pipeline: Count | None = None
    data: Count | None = None
    expert: Count | None = None


class ChartSection(Model):
    """Facts of the chart itself."""

    version: ChartVersion = "0.1.0"


class Profile(Model):
    """A deployment of one model on one kind of accelerator."""

    wingsctl: Literal["v1"]
    name: ReleaseName
    model: Annotated[
        ModelSection, BeforeValidator(_named, json_schema_input_type=Text | ModelSection)
    ]
    engine: Annotated[
        EngineSection, BeforeValidator(_named, json_schema_input_type=Text | EngineSection)
    ]
    accelerator: Annotated[
        AcceleratorSection,
        BeforeValidator(_named, json_schema_input_type=Text | AcceleratorSection),
    ]
    fabric: Annotated[
        FabricSection | None,
        BeforeValidator(_named, json_schema_input_type=Text | FabricSection | None),
    ] = None
    nodes: Annotated[int, Field(ge=1, le=512)] = 1
    replicas: Annotated[int, Field(ge=0)] | None = None
    parallelism: Parallelism = Parallelism()
    gateway: GatewaySection = GatewaySection()
    pod: PodSettings = PodSettings()
    scheduling: Scheduling = Scheduling()
    service: Service = Service()
    ingress: Ingress | None = None
    http_route: HttpRoute | None = None
    autoscaling: Autoscaling | None = None
    startup: Startup = Startup()
    shutdown: Shutdown = Shutdown()
    probes: Probes = Probes()
    rollout: Rollout = Rollout()
    network_policy: NetworkPolicy = NetworkPolicy()
    pod_disruption_budget: PodDisruptionBudget = PodDisruptionBudget()
    monitoring: Monitoring = Monitoring()
    chart: ChartSection = ChartSection()
    labels: Labels = {}
    annotations: Annotations = {}
