"""The node of our own cluster, seen from this machine: its processes, mounts and control groups.

Of a user's cluster nothing of this can be seen: tests that need it are skipped there.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.harness.inside import cgroup_parents
from tests.cluster.harness.layout import SYSTEM_PATH, Layout


@dataclass(frozen=True)
class Node:
    """`first` is the first process of the cluster's namespaces."""

    first: int
    layout: Layout

    def kill_first_process(self, container_id: str) -> None:
        """kill -9 of a container's process 1, which nobody inside of the container can do."""
        os.kill(self._first_process(container_id.rpartition("/")[2]), signal.SIGKILL)

    @contextmanager
    def cut(self, name: str, ways: Iterable[tuple[str, str]]) -> Iterator[None]:
        """No packet from the first address of a pair reaches the second.

        Pods' packets to each other are forwarded by the node; its own, such as probes, are not.
        """
        table = f"ip {name}".replace("-", "_")
        drops = "".join(f"ip saddr {one} ip daddr {other} drop\n" for one, other in ways)
        hook = "type filter hook forward priority -10; policy accept;"
        self._nft(f"table {table} {{\nchain cut {{\n{hook}\n{drops}}}\n}}")
        try:
            yield
        finally:
            self._nft(f"delete table {table}")

    def _nft(self, rules: str) -> None:
        enter = ["nsenter", f"--target={self.first}", "--net", "nft", "--file", "-"]
        done = subprocess.run(
            enter, input=rules, capture_output=True, text=True, check=False,
            env={**os.environ, "PATH": SYSTEM_PATH},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def processes(self, pod_uid: str, word: str) -> list[int]:
        """Of all containers of a pod, those with this word in their command line."""
        found = []
        for group in self._cgroups():
            for procs in group.rglob(f"*{pod_uid}*/**/cgroup.procs"):
                found += [int(pid) for pid in procs.read_text().split()]
            if found:
                break  # version 1 has a tree for each controller, all with the same processes
        return [pid for pid in set(found) if word in command_line(pid)]

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


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
