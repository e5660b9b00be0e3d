"""The longest that each step of a rollout may take; every deadline follows from these."""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.catalog.operations import Probe, Shutdown

GRACE_MARGIN_SECONDS = 10
"""Between the last step of the shutdown and kubelet's SIGKILL."""
GROUP_GRACE_MARGIN_SECONDS = 20
"""The same in a group, whose leader lets the workers read that it ended."""
PROGRESS_MARGIN_SECONDS = 60
REPLACE_SECONDS = 15
"""Assumed for the end of a pod that serves nothing any more and the start of its successor."""


@dataclass(frozen=True)
class Waits:
    """`nodes` pods make one replica, `replicas` is the most there may be; all else in seconds."""

    nodes: int
    replicas: int
    pull: int
    load_deadline: int
    shutdown: Shutdown
    readiness: Probe

    @property
    def grace(self) -> int:
        """Of a pod alone, or of the first group.

        A leader also drains where only a worker ends: its Service learns it from the probe.
        """
        steps = self.shutdown.delay_seconds + self.shutdown.drain_seconds
        steps += self.shutdown.stop_seconds
        if self.nodes == 1:
            return steps + GRACE_MARGIN_SECONDS
        notice = self.readiness.period_seconds * self.readiness.failure_threshold
        return steps + notice + GROUP_GRACE_MARGIN_SECONDS

    @property
    def progress_deadline(self) -> int:
        """Without progress for so long, the rollout of a Deployment has failed."""
        return 2 * self.pull + self.load_deadline + PROGRESS_MARGIN_SECONDS

    @property
    def transition(self) -> int:
        """The replacement of one group; 0 for pods that are alone."""
        if self.nodes == 1:
            return 0
        return self.grace + self.nodes * (self.pull + REPLACE_SECONDS) + self.load_deadline

    @property
    def helm_timeout(self) -> int:
        """How long whatever waits for the release has to wait: helm, or kubectl."""
        replicas = max(1, self.replicas)
        if self.nodes > 1:
            return replicas * self.transition + PROGRESS_MARGIN_SECONDS
        further = (replicas - 1) * (self.load_deadline + self.pull)
        return self.progress_deadline + PROGRESS_MARGIN_SECONDS + replicas * self.grace + further
