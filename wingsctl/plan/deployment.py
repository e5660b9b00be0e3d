"""The decided result: everything the chart is built from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Problem
from wingsctl.plan.draft import Decision
from wingsctl.plan.memory import Fit

Topology = Literal["sidecar", "leader-worker"]
SourceKind = Literal["hostPath", "pvc", "hub", "image"]
Length = int | Literal["auto"]
PodSecurity = Literal["restricted", "baseline", "privileged"]


@dataclass(frozen=True)
class ModelPlan:
    """The model: what the engine loads, from where, and under which names it serves.

    `source` is the profile's shape of the chosen kind; `weights_gib` the size of the
    whole checkpoint, assumed where nothing is known about the model. A `max_length` of auto is
    the engine's decision.
    """

    profile: ModelProfile | None
    path: str
    served_names: list[str]
    max_length: Length
    quantization: str | None
    kind: SourceKind
    source: dict[str, Any]
    weights_gib: float
    chat_template: str | None = None
    is_assumed: bool = False
    """Whether the size is; see plan/size.py."""
    engine_args: Mapping[str, Any] = field(default_factory=dict)
    """Arguments that keys of `model` stand for; those of the profile come on top."""


@dataclass(frozen=True)
class EnginePlan:
    """The engine: image, the start of its argv, its arguments and environment."""

    profile: EngineProfile
    version: str
    image: dict[str, Any]
    pull_gib: float
    port: int
    command: list[str]
    args: dict[str, Any]
    repeatable: list[str]
    env: dict[str, Any]
    resources: dict[str, Any]
    capabilities: list[str]
    shm: str
    """Size of /dev/shm."""


@dataclass(frozen=True)
class Parallel:
    """Sizes of the parallel split; `world` is the number of devices of one replica."""

    tensor: int
    pipeline: int
    data: int
    expert: int
    world: int


@dataclass(frozen=True)
class RolePlan:
    """What differs in the pods of one role; `resources` and `pod` hold only what is other."""

    args: dict[str, Any]
    env: dict[str, Any]
    resources: dict[str, Any]
    pod: dict[str, Any]


@dataclass(frozen=True)
class GroupPlan:
    """A replica of several pods: what its roles have, where its pods go, how it is replaced.

    `is_split`: the workers have a StatefulSet of their own. Ports are those of the
    engines among themselves, `refused` the flags that a group must not have; `scheduling`
    and `rollout` have the profile's shape.
    """

    nodes: int
    is_split: bool
    leader: RolePlan
    worker: RolePlan
    rendezvous_port: int
    data_parallel_port: int
    refused: list[str]
    scheduling: dict[str, Any]
    rollout: dict[str, Any]


@dataclass(frozen=True)
class TimeBudget:
    """Seconds of each step, solved so that no waiting ends before what it waits for.

    `grace` is that of a pod alone, or of the first group; the others wait up to `turn`
    more. `transition` is the longest replacement of one group.
    """

    pull: int
    download: int
    load: int
    start: int
    load_deadline: int
    progress_deadline: int
    grace: int
    helm_timeout: int
    transition: int = 0
    turn: int = 0

    @property
    def cold_start(self) -> int:
        """From nothing to the first answer, as expected."""
        return self.pull + self.download + self.load + self.start


@dataclass(frozen=True)
class ScalingPlan:
    """What KEDA is told; `values` have the profile's shape.

    `steps`, of groups only: by trigger type the key of what one group takes, and the key
    above which a group starts. `oldest_keda` is the version that all of it needs.
    """

    values: dict[str, Any]
    steps: dict[str, tuple[str, str]]
    oldest_keda: str


@dataclass(frozen=True)
class FrontDoorPlan:
    """The Deployment before all pods; `values` have the profile's shape.

    `scalers` are the NetworkPolicy peers that may read its demand, none where nothing is scaled.
    """

    values: dict[str, Any]
    scalers: list[dict[str, Any]]


@dataclass(frozen=True)
class DeploymentPlan:
    """A deployment with every decision made; `decisions` tell where each came from."""

    profile: Profile
    topology: Topology
    model: ModelPlan
    engine: EnginePlan
    accelerator: AcceleratorProfile | None
    parallel: Parallel
    gateway: dict[str, Any]
    front_door: FrontDoorPlan | None
    pod: dict[str, Any]
    time: TimeBudget
    autoscaling: ScalingPlan | None
    group: GroupPlan | None
    pod_security: PodSecurity
    pod_security_reason: str
    decisions: list[Decision] = field(repr=False)
    warnings: list[Problem] = field(repr=False)
    fit: Fit | None = field(default=None, repr=False)
    """None where the model or the card is not known."""
