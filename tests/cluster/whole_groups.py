"""A watcher of engines: does one ever start while its group has fewer pods than it needs?"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.kube import Kube
from tests.cluster.node import command_line

LOOK_SECONDS = 0.2
GROUP = "wingsctl/group"
_UID = re.compile(r"pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})")


@dataclass
class WholeGroups:
    """Looks at the node's processes while tests do something; `sizes`: pods of a group, by release.

    The processes show when an engine runs, and Kubernetes is asked only where one is new: which
    pods does its group have? A pod that is on its way out is still there, so an engine that started
    just before its group ends is no fault.
    """

    kube: Kube
    sizes: dict[str, int]
    process: str = "/fake-engine"
    """Words of the command line of an engine."""
    started: Counter[str] = field(default_factory=Counter)
    """Engines, by release."""
    faults: list[str] = field(default_factory=list)

    @property
    def starts(self) -> int:
        """Of all releases."""
        return self.started.total()

    def __enter__(self) -> WholeGroups:
        self._over = threading.Event()
        self._seen: set[tuple[str, str]] = set()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            new = self._new_engines()
            if new:
                self._judge(new)

    def _new_engines(self) -> set[str]:
        """Uids of pods where an engine is that was not there at the last look."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            if self._is_engine(command_line(int(process.name))) and (at := _place(process)):
                found[at] = at[0]
        new = {uid for at, uid in found.items() if at not in self._seen}
        self._seen = set(found)
        return new

    def _is_engine(self, line: str) -> bool:
        """The gateway is given the engine's command as its arguments."""
        return self.process in line and "wings_infer" not in line

    def _judge(self, uids: set[str]) -> None:
        pods = self.kube.items("pod", "app.kubernetes.io/component=engine")
        members: dict[tuple[str, str], list[str]] = {}
        of: dict[str, tuple[str, str]] = {}
        for pod in pods:
            labels = pod["metadata"]["labels"]
            key = (labels["app.kubernetes.io/instance"], labels[GROUP])
            members.setdefault(key, []).append(pod["metadata"]["name"])
            of[pod["metadata"]["uid"]] = key
        for uid in uids & set(of):
            name, _ = key = of[uid]
            self.started[name] += 1
            if len(members[key]) < self.sizes[name]:
                clock = time.strftime("%H:%M:%S")
                self.faults.append(f"{clock}: an engine starts beside {members[key]} only")


def _place(process: Path) -> tuple[str, str] | None:
    """Uid of the pod and start time of a process; None where it is gone, or in no pod."""
    try:
        found = _UID.search((process / "cgroup").read_text())
        started = (process / "stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None
    return (found[1].replace("_", "-"), f"{process.name}@{started}") if found else None
