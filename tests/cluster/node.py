"""The node of our own cluster, seen from this machine: its processes, mounts and control groups.

Of a user's cluster nothing of this can be seen: tests that need it are skipped there.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.harness.inside import cgroup_parents
from tests.cluster.harness.layout import Layout


@dataclass(frozen=True)
class Node:
    """`first` is the first process of the cluster's namespaces."""

    first: int
    layout: Layout

    def kill_first_process(self, container_id: str) -> None:
        """kill -9 of a container's process 1, which nobody inside of the container can do."""
        os.kill(self._first_process(container_id.rpartition("/")[2]), signal.SIGKILL)

    def traces(self, pod_uid: str) -> list[str]:
        """Mounts and control groups of a pod."""
        mounts = Path(f"/proc/{self.first}/mountinfo").read_text().splitlines()
        groups = [str(each) for parent in self._cgroups() for each in parent.rglob(f"*{pod_uid}*")]
        return [line for line in mounts if pod_uid in line] + groups

    def _cgroups(self) -> Iterator[Path]:
        for parent in cgroup_parents():
            yield parent / self.layout.cgroup

    def _first_process(self, container_id: str) -> int:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                group = (process / "cgroup").read_text()
                status = (process / "status").read_text()
            except OSError:
                continue
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:"))
            if container_id in group and numbers.split()[-1] == "1":
                return int(process.name)
        raise AssertionError(f"no process of container {container_id} on this machine")
