"""What values.yaml says of scaling, and of the door before what is scaled."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wingsctl.catalog.autoscaling import (
    Authentication,
    AuthenticationRef,
    Behavior,
    Fallback,
    Preset,
    ScalingModifiers,
)
from wingsctl.catalog.base import Model, Seconds
from wingsctl.catalog.container import Env, Resources
from wingsctl.catalog.front_door import FrontDoorPod
from wingsctl.catalog.pod import Annotations

HelmInteger = Annotated[int, Field(ge=0, le=1_000_000)]


class ValuesFrontDoor(Model):
    """The Deployment before all pods; its image, keys and certificate are the gateway's."""

    replicas: Annotated[int, Field(ge=1, le=1000)]
    """Pods of the door."""
    resources: Resources = Resources()
    hold_seconds: Seconds
    """How long a request waits for a ready pod."""
    max_waiting: HelmInteger
    """Requests that each of its pods holds."""
    drain_seconds: Seconds
    """After SIGTERM, for what runs or is held; a cooldown must be longer."""
    env: Env = {}
    """Further variables, beside those of gateway.env."""
    pod: FrontDoorPod
    """Where its pods run; what pod says does not count for them."""


class ValuesTrigger(Model):
    """A KEDA trigger, in KEDA's own words."""

    type: Annotated[str, Field(min_length=1)]
    """KEDA's trigger type."""
    name: str | None = None
    """Name of the trigger, for scalingModifiers.formula."""
    preset: Preset | None = None
    """A ready Prometheus query about this release; of metrics-api the front door's demand."""
    metadata: dict[str, str]
    """KEDA's metadata of that type; all of it text."""
    authentication: Authentication | None = None
    """Secrets of the trigger, as a TriggerAuthentication."""
    authentication_ref: AuthenticationRef | None = None
    """Or an object that holds them."""
    metric_type: Literal["AverageValue", "Value", "Utilization"] | None = None
    """How the HorizontalPodAutoscaler reads the metric."""
    use_cached_metrics: bool | None = None
    """Ask the trigger only once per polling interval."""


class ValuesAutoscaling(Model):
    """KEDA says how many run; replicas is not rendered beside it."""

    min: HelmInteger
    """Fewest pods; 0 needs a trigger that lives while none runs."""
    max: Annotated[int, Field(ge=1, le=1_000_000)]
    """Most pods."""
    triggers: Annotated[list[ValuesTrigger], Field(min_length=1)]
    """What decides; helm replaces the list as a whole."""
    scaling_modifiers: ScalingModifiers | None = None
    """One number out of several triggers instead."""
    polling_seconds: Seconds
    """How often KEDA asks the triggers."""
    cooldown_seconds: Seconds
    """Wait before scaling to zero; at least a cold start."""
    initial_cooldown_seconds: Annotated[int, Field(ge=0, le=604800)]
    """The same after an install without demand."""
    fallback: Fallback | None = None
    """What to run while triggers fail."""
    behavior: Behavior | None = None
    """Speed of scaling between one and max pods."""
    annotations: Annotations = {}
    """Of the ScaledObjects."""
