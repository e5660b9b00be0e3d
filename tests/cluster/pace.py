"""How fast this machine is, measured when a cluster has started: bounds are multiples of that.

Limits in tests are seconds of the reference machine: two cores with nothing else to do.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from tests.cluster.harness.layout import Layout
from tests.cluster.harness.lifetime import kubectl

FILE = "pace.json"
ROUNDS = 3
MEASURING_SECONDS = 120
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: wings-pace, namespace: default}
spec:
  terminationGracePeriodSeconds: 0
  automountServiceAccountToken: false
  containers: [{name: pause, image: localhost/pause:1}]
"""


@dataclass(frozen=True)
class Pace:
    """Seconds, the median of some rounds."""

    pod: float
    """From the creation of a small pod until kubectl sees that it is Ready."""
    process: float
    """From the start of a Python until its end."""

    @property
    def factor(self) -> float:
        """How much longer than on the reference machine things take; never below 1."""
        return max(1.0, self.pod / REFERENCE.pod, self.process / REFERENCE.process)

    def __str__(self) -> str:
        """For people."""
        return f"a pod in {self.pod:.1f} s, a process in {self.process:.2f} s: x {self.factor:.1f}"


REFERENCE = Pace(pod=2.0, process=0.05)


def patience(seconds: float, layout: Layout | None = None) -> float:
    """A bound for this machine, on which the cluster of `layout` was measured."""
    return seconds * _factor(layout or Layout())


def measure(layout: Layout) -> Pace:
    """Measured once for each start of a cluster; all processes that test on it read the file."""
    path = layout.run / FILE
    if not path.exists():
        pods = sorted(_pod_seconds(layout) for _ in range(ROUNDS))
        processes = sorted(_process_seconds() for _ in range(ROUNDS))
        pace = Pace(pods[ROUNDS // 2], processes[ROUNDS // 2])
        path.write_text(json.dumps(asdict(pace)), "utf-8")
    return read(path)


def read(path: Path) -> Pace:
    return Pace(**json.loads(path.read_text("utf-8")))


@cache
def _factor(layout: Layout) -> float:
    """1 where nothing was measured: on a user's cluster."""
    path = layout.run / FILE
    return read(path).factor if path.is_file() else 1.0


def _pod_seconds(layout: Layout) -> float:
    _wait_for_account(layout)
    began = time.monotonic()
    kubectl(layout, "create", "-f", "-", text=POD)
    ready = ["wait", "--for=condition=Ready", "pod/wings-pace", f"--timeout={MEASURING_SECONDS}s"]
    kubectl(layout, *ready)
    seconds = time.monotonic() - began
    kubectl(layout, "delete", "pod", "wings-pace", "--wait")
    return seconds


def _wait_for_account(layout: Layout) -> None:
    """No pod can be made before the controller has made its namespace's account."""
    wait = ["wait", "--for=create", "serviceaccount/default", f"--timeout={MEASURING_SECONDS}s"]
    kubectl(layout, *wait)


def _process_seconds() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.monotonic() - began
