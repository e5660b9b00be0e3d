"""How many pods or groups run, as KEDA is told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wingsctl.catalog.base import Count, DnsName, Model, QuantityText, Seconds, Text
from wingsctl.catalog.pod import Annotations

NUMBER = r"^[0-9]+(\.[0-9]+)?$"
NumberText = Annotated[str, Field(pattern=NUMBER)]
Preset = Literal["demand", "queue-length", "ttft-p95", "gpu-utilisation", "front-door"]


class AuthenticationRef(Model):
    """A KEDA TriggerAuthentication that exists already."""

    name: DnsName
    """Name of the object."""
    kind: Literal["TriggerAuthentication", "ClusterTriggerAuthentication"] | None = None
    """Its kind; by default TriggerAuthentication."""


class SecretTargetRef(Model):
    """One parameter of a trigger, from a key of a Secret."""

    parameter: Annotated[Text, Field(min_length=1)]
    """KEDA's name of the parameter."""
    name: DnsName
    """Name of the Secret."""
    key: Annotated[Text, Field(min_length=1)]
    """Key in the Secret."""


class Authentication(Model):
    """Rendered as a TriggerAuthentication of this trigger; references to Secrets only."""

    secret_target_ref: Annotated[list[SecretTargetRef], Field(min_length=1)]
    """Parameters from Secrets."""


class Trigger(Model):
    """A KEDA trigger, in KEDA's own words."""

    type: Annotated[Text, Field(min_length=1)]
    """KEDA's trigger type, or `http` for its http add-on."""
    name: Text | None = None
    """Name of the trigger, for `scalingModifiers.formula`."""
    preset: Preset | None = None
    """A ready Prometheus query about this release; of `metrics-api` the front door's demand."""
    metadata: dict[str, Text]
    """KEDA's metadata of that type; all of it text."""
    authentication: Authentication | None = None
    """Secrets of the trigger."""
    authentication_ref: AuthenticationRef | None = None
    """Or an object that holds them."""
    metric_type: Literal["AverageValue", "Value", "Utilization"] | None = None
    """How the HorizontalPodAutoscaler reads the metric."""
    use_cached_metrics: bool | None = None
    """Ask the trigger only once per polling interval."""
    unchecked: bool = False
    """Pass type and metadata on as they are; the only way for a type that is not known here."""


class ScalingModifiers(Model):
    """One number out of several triggers."""

    formula: Annotated[Text, Field(min_length=1)]
    """Of the names of triggers, such as `waiting + running`."""
    target: NumberText
    """What one pod or group takes of it."""
    activation_target: NumberText | None = None
    """The first starts above it; for groups computed."""
    metric_type: Literal["AverageValue", "Value"] | None = None
    """How the HorizontalPodAutoscaler reads it."""


class Fallback(Model):
    """What to run while the triggers fail."""

    failure_threshold: Count
    """Failures in a row before it is used."""
    replicas: Count
    """Pods or groups to run then."""
    behavior: (
        Literal["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"]
        | None
    ) = None
    """Which of `replicas` and the present number counts; KEDA's default is static."""


class ScalingPolicy(Model):
    """So many pods, or per cent of them, per period."""

    type: Literal["Pods", "Percent"]
    """Of what `value` is."""
    value: Count
    """The most that is added or removed per period."""
    period_seconds: Annotated[int, Field(ge=1, le=1800)]
    """Seconds of the period."""


class ScalingRules(Model):
    """How fast pods are added or removed."""

    stabilization_window_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    """The most careful number wanted within these seconds counts."""
    select_policy: Literal["Max", "Min", "Disabled"] | None = None
    """Which policy counts."""
    policies: list[ScalingPolicy] | None = None
    """Speed limits."""
    tolerance: QuantityText | None = None
    """Share of the target by which the metric may be off; a beta of Kubernetes 1.35."""


class Behavior(Model):
    """Behaviour of the HorizontalPodAutoscaler, in Kubernetes' words."""

    scale_up: ScalingRules | None = None
    """Adding pods."""
    scale_down: ScalingRules | None = None
    """Removing pods, down to one."""


class Autoscaling(Model):
    """KEDA scales between `min` and `max` pods or groups."""

    min: Annotated[int, Field(ge=0)]
    """Fewest pods or groups; that many groups always run."""
    max: Count
    """Most pods or groups."""
    triggers: list[Trigger] = []
    """What decides; several are joined by or. By default the front door's demand."""
    scaling_modifiers: ScalingModifiers | None = None
    """One number out of several triggers instead."""
    polling_seconds: Seconds = 15
    """How often KEDA asks the triggers while none of the pods, or not all groups, run."""
    cooldown_seconds: Seconds | None = None
    """Wait before scaling to zero; by default at least a cold start."""
    initial_cooldown_seconds: Annotated[int, Field(ge=0, le=604800)] = 0
    """After an install without demand, wait this long before scaling to zero; not for groups."""
    fallback: Fallback | None = None
    """What to run while triggers fail."""
    behavior: Behavior | None = None
    """Speed of scaling between one and `max` pods; not for groups."""
    keda_version: Annotated[Text, Field(pattern=r"^[0-9]+\.[0-9]+(\.[0-9]+)?$")] | None = None
    """The KEDA of the cluster, such as "2.20": what needs a newer one is refused."""
    annotations: Annotations = {}
    """Annotations of the ScaledObjects, such as `autoscaling.keda.sh/paused-scale-in`."""
