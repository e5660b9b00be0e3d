"""Which file runs next on which of two clusters: the longest first, so that both end together.

What computes for minutes is for the first cluster only, so that it never meets its like.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.cluster.harness.layout import Layout

CLUSTERS = 2


@dataclass(frozen=True)
class Done:
    """How a file ended, and what it printed."""

    passed: bool
    printed: str


@dataclass(frozen=True)
class Job:
    """One file."""

    name: str
    seconds: float
    """As long as it took the last time."""
    run: Callable[[Layout], Done] = field(compare=False)
    heavy: bool = False


class Queue:
    """What has not begun."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._left = sorted(jobs, key=lambda job: (not job.heavy, -job.seconds, job.name))
        self._lock = threading.Lock()

    def take(self, cluster: int) -> Job | None:
        """The next one for this cluster; the first one's heavy files come before all else."""
        with self._lock:
            fit = [job for job in self._left if cluster == 0 or not job.heavy]
            if fit:
                self._left.remove(fit[0])
            return fit[0] if fit else None


def makespan(jobs: Iterable[Job]) -> float:
    """Seconds until both clusters have nothing left, by the jobs' own estimates."""
    queue, ends = Queue(jobs), dict.fromkeys(range(CLUSTERS), 0.0)
    working = set(ends)
    while working:
        cluster = min(working, key=lambda each: (ends[each], each))
        job = queue.take(cluster)
        if job:
            ends[cluster] += job.seconds
        else:
            working.remove(cluster)
    return max(ends.values())
