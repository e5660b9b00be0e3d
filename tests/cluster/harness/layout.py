"""Where the cluster keeps its files and on which addresses it listens."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
TOOLS = Path(os.environ.get("WINGS_TOOLS") or CHECKOUT / ".tools").resolve()
NAME = os.environ.get("WINGS_CLUSTER", "")
NODE = "node"
POD_NETWORK = "10.244.0.0/24"
NODE_ADDRESS = "10.244.0.1"
SERVICE_NETWORK = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
API_PORT = 6443
DNS_DOMAIN = "cluster.local"
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Not all users have the programs of administrators on their PATH."""


@dataclass(frozen=True)
class Layout:
    """Paths of one run, seen from inside or outside of the cluster's namespaces."""

    tools: Path = TOOLS
    name: str = NAME
    """Tells the clusters of one checkout from each other."""

    @property
    def binaries(self) -> Path:
        """Built from the Go modules under tools/go."""
        return self.tools / "cluster" / "bin"

    @property
    def images(self) -> Path:
        """Docker archives, imported at the start."""
        return self.tools / "cluster" / "images"

    @property
    def run(self) -> Path:
        """All that a running cluster writes; gone after `down`."""
        return self.tools / "cluster" / self._own("run")

    @property
    def logs(self) -> Path:
        """One file for each part, of the latest run; kept after `down` to be read."""
        return self.tools / "cluster" / self._own("logs")

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.run / "kubeconfig"

    @property
    def ready(self) -> Path:
        """Exists once every part was started; a text in it says what went wrong."""
        return self.run / "started"

    def _own(self, folder: str) -> str:
        return f"{folder}-{self.name}" if self.name else folder

    @property
    def tag(self) -> int:
        """Tells this cluster from all others on the same machine, from 0 to 16383."""
        return zlib.crc32(str(self.run.resolve()).encode()) % 16384

    @property
    def outer_address(self) -> str:
        """This machine's end of the link into the cluster (link-local, four addresses each)."""
        return f"169.254.{self.tag // 64}.{self.tag % 64 * 4 + 1}"

    @property
    def api_address(self) -> str:
        """The cluster's end of it: the API server is reached here, from inside and outside."""
        return f"169.254.{self.tag // 64}.{self.tag % 64 * 4 + 2}"

    @property
    def link(self) -> str:
        """Name of this machine's end."""
        return f"wings{self.tag}"

    @property
    def cgroup(self) -> str:
        """Parent of the pods' control groups."""
        return f"wings-cluster-{self.tag}"
