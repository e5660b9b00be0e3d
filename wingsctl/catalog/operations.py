"""How a release runs: start-up, shutdown, rollout, disruption, monitoring."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wingsctl.catalog.base import Count, LabelKey, Model, Seconds, Text
from wingsctl.catalog.pod import Labels


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
    turn_seconds: Seconds | None = None
    """Groups only: how long one waits, still serving, for those with a lower number."""


class Probe(Model):
    """Timing of a kubelet probe."""

    initial_delay_seconds: Annotated[int, Field(ge=0)] | None = None
    """Seconds before the first probe."""
    period_seconds: Count = 5
    """Seconds between probes."""
    timeout_seconds: Count = 5
    """Seconds that one answer may take."""
    failure_threshold: Count = 2
    """Failures in a row that count."""


class LivenessProbe(Probe):
    """Slower to act: what it does is a restart."""

    period_seconds: Count = 10
    """Seconds between probes."""
    failure_threshold: Count = 6
    """Failures in a row that count."""


class Probes(Model):
    """Readiness asks /health on port 9000, liveness /livez on port 9001."""

    readiness: Probe = Probe()
    """/health on port 9000: whether requests can be answered."""
    liveness: LivenessProbe = LivenessProbe()
    """/livez on port 9001: whether the gateway itself lives."""


CountOrPercent = Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^[0-9]+%$")]


class Rollout(Model):
    """How pods are replaced; the default never waits for a spare accelerator."""

    max_surge: CountOrPercent = 0
    """Pods above the wanted number during a rollout."""
    max_unavailable: CountOrPercent = 1
    """Pods that may be missing during a rollout."""
    up_to: Annotated[int, Field(ge=0)] | None = None
    """Groups only: the last group that gets the new template; those above keep theirs."""


class PodDisruptionBudget(Model):
    """One pod at a time, and never a node drain that cannot end."""

    enabled: bool = True
    """False renders none."""
    max_unavailable: CountOrPercent = 1
    """Pods that may be evicted at once."""


class Monitoring(Model):
    """A PodMonitor for the Prometheus operator."""

    enabled: bool = False
    """True renders a PodMonitor."""
    interval_seconds: Seconds = 15
    """How often Prometheus scrapes."""
    labels: Labels = {}
    """Labels by which your Prometheus selects the PodMonitor."""


class Queue(Model):
    """The gang scheduler's queue; needs the scheduler in the cluster."""

    kind: Literal["volcano", "kueue"]
    """The scheduler."""
    name: Annotated[Text, Field(min_length=1)]
    """Name of the queue."""


class Scheduling(Model):
    """Where the pods of a group go, and their admission as one."""

    queue: Queue | None = None
    """Queue of a gang scheduler: all pods of a group are admitted, or none."""
    topology_key: LabelKey | None = None
    """Node label in which the pods of a group want to be equal: a rack, a zone."""
    strict: bool = False
    """Require that, instead of preferring it."""
    first_host_port: Annotated[int, Field(ge=1024, le=65000)] = 20000
    """On the node's network each group takes 32 ports, from here on: two may share a node."""
