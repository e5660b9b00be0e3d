"""Runs files on two clusters beside each other, each of which takes one after the other.

Tests close a cluster's node and count its devices, so that no two can share it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.harness.layout import CHECKOUT, NAME, Layout
from tests.cluster.harness.lifetime import HarnessError, running
from tests.cluster.pace import measure
from tests.cluster.schedule import CLUSTERS, Done, Job, Queue
from tests.cluster.timeline import Span, clock, time_line

NAMES = ("heavy", "")
HANG_SECONDS = 1800
"""A file that takes longer is ended, and has failed."""


def pytest(file: Path, layout: Layout, *options: str, **environment: str) -> Done:
    """What it prints is shown when it is over, as two of them run at once."""
    command = [sys.executable, "-m", "pytest", str(file), "--no-header", "--durations=5", *options]
    try:
        done = subprocess.run(
            command, env={**os.environ, "WINGS_CLUSTER": layout.name, **environment}, cwd=CHECKOUT,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=HANG_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as hanging:
        printed = (hanging.stdout or b"").decode(errors="replace")
        return Done(False, f"{printed}\nended after {HANG_SECONDS} s\n")
    return Done(done.returncode == 0, done.stdout.decode(errors="replace"))


@dataclass
class Run:
    """All files of one run."""

    jobs: Sequence[Job]
    spans: list[Span] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """What kept a cluster from starting or ending."""
    over: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)
    _printing: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> bool:
        """Whether all have passed. Ctrl-C reaches pytest as well; clusters are ended afterwards."""
        signal.signal(signal.SIGINT, lambda *_: self.over.set())
        queue = Queue(self.jobs)
        with ThreadPoolExecutor(CLUSTERS) as threads:
            clusters = range(min(CLUSTERS, len(self.jobs)))
            for end in [threads.submit(self._work, each, queue) for each in clusters]:
                end.result()
        print(time_line(self.spans, self._now()))
        return not (self.failed() or self.over.is_set() or len(self.spans) < len(self.jobs))

    def failed(self) -> list[str]:
        """Files, and what happened to clusters."""
        return [each.file for each in self.spans if not each.passed] + self.troubles

    def summary(self) -> str:
        """The last line of all."""
        begun = f"{len(self.spans)} of {len(self.jobs)} files"
        end = "interrupted" if self.over.is_set() else begun
        return f"{end} after {clock(self._now())}; failed: {', '.join(self.failed()) or 'none'}"

    def _work(self, cluster: int, queue: Queue) -> None:
        layout = Layout(name=NAME + NAMES[cluster])
        try:
            with running(layout):
                self._say(f"== pace of cluster {layout.name!r}: {measure(layout)}\n")
                while not self.over.is_set() and (job := queue.take(cluster)):
                    self._run(job, layout)
        except HarnessError as error:
            self.troubles.append(f"cluster {layout.name!r}: {error}")

    def _run(self, job: Job, layout: Layout) -> None:
        began = self._now()
        done = job.run(layout)
        span = Span(job.name, layout.name, began, self._now(), done.passed)
        self.spans.append(span)
        head = f"== {job.name}, on cluster {layout.name!r}, in {clock(span.seconds)}"
        self._say(f"{head}\n{done.printed}")

    def _say(self, text: str) -> None:
        with self._printing:
            sys.stdout.buffer.write(text.encode())
            sys.stdout.flush()

    def _now(self) -> float:
        return time.monotonic() - self.began
