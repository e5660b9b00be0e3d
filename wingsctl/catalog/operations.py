"""How a release runs: start-up, shutdown, rollout, disruption, monitoring, scaling."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wingsctl.catalog.base import Count, DnsName, Model, Seconds, Text
from wingsctl.catalog.pod import KubernetesObject, Labels


class Startup(Model):
    """The time budget of a start; what is not written is computed."""

    pull_seconds: Seconds | None = None
    """Pulling the images."""
    load_deadline_seconds: Seconds | None = None
    """From the start of the engine until it must answer; the agent enforces it."""


class Shutdown(Model):
    """The time budget of an end; the grace period is the sum and a margin."""

    delay_seconds: Annotated[int, Field(ge=0, le=3600)] = 5
    """Still serving while load balancers take the pod out."""
    drain_seconds: Seconds = 60
    """For requests in flight."""
    stop_seconds: Seconds = 20
    """For the engine itself to end before it is killed."""


class Probe(Model):
    """Timing of a kubelet probe."""

    initial_delay_seconds: Annotated[int, Field(ge=0)] | None = None
    period_seconds: Count
    timeout_seconds: Count
    failure_threshold: Count


class Probes(Model):
    """Readiness asks /health on port 9000, liveness /livez on port 9001."""

    readiness: Probe = Probe(period_seconds=5, timeout_seconds=5, failure_threshold=2)
    liveness: Probe = Probe(period_seconds=10, timeout_seconds=5, failure_threshold=6)


CountOrPercent = Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^[0-9]+%$")]


class Rollout(Model):
    """How pods are replaced; the default never waits for a spare accelerator."""

    max_surge: CountOrPercent = 0
    max_unavailable: CountOrPercent = 1


class PodDisruptionBudget(Model):
    """One pod at a time, and never a node drain that cannot end."""

    enabled: bool = True
    max_unavailable: CountOrPercent = 1


class Monitoring(Model):
    """A PodMonitor for the Prometheus operator."""

    enabled: bool = False
    interval_seconds: Seconds = 15
    labels: Labels = {}


class AuthenticationRef(Model):
    """A KEDA TriggerAuthentication."""

    name: DnsName
    kind: Literal["TriggerAuthentication", "ClusterTriggerAuthentication"] | None = None


class Trigger(Model):
    """A KEDA trigger, in KEDA's own words."""

    type: Annotated[Text, Field(min_length=1)]
    name: Text | None = None
    metadata: dict[str, Text]
    authentication_ref: AuthenticationRef | None = None
    metric_type: Literal["AverageValue", "Value", "Utilization"] | None = None
    use_cached_metrics: bool | None = None


class Fallback(Model):
    """Replicas to run while the triggers fail."""

    failure_threshold: Count
    replicas: Count


class Autoscaling(Model):
    """KEDA scales between `min` and `max` pods or groups."""

    min: Annotated[int, Field(ge=0)]
    max: Count
    triggers: list[Trigger] = []
    polling_seconds: Seconds = 15
    cooldown_seconds: Seconds | None = None
    fallback: Fallback | None = None
    behavior: KubernetesObject | None = None


class Queue(Model):
    """The gang scheduler's queue."""

    kind: Literal["volcano", "kueue"]
    name: Annotated[Text, Field(min_length=1)]


class Scheduling(Model):
    """Admission of whole groups."""

    queue: Queue | None = None
