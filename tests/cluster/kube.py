"""kubectl, helm and wingsctl against the cluster under test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from urllib.request import urlopen

from tests.cluster.pace import patience
from tests.cluster.proofs.recorded import program
from tests.support.helm import HELM_3
from tests.support.processes import ROOT
from tests.support.tools import find_tool

HERE = Path(__file__).resolve().parent
T = TypeVar("T")
Done = subprocess.CompletedProcess[str]
_PLACES = {
    "node": "api/v1/nodes",
    "pod": "api/v1/namespaces/{}/pods",
    "service": "api/v1/namespaces/{}/services",
    "statefulset": "apis/apps/v1/namespaces/{}/statefulsets",
}


@dataclass(frozen=True)
class Kube:
    """One cluster, one namespace, one helm."""

    kubeconfig: Path
    kubectl_binary: str
    namespace: str = "default"
    helm_binary: str = ""
    proxy: str = ""
    """Where kubectl proxy listens."""

    def run(self, *arguments: object, text: str | None = None, limit: float = 300) -> Done:
        """kubectl in the namespace; never raises for what kubectl says."""
        command = [self.kubectl_binary, "-n", self.namespace, *map(str, arguments)]
        return self._process(command, text, limit)

    def ok(self, *arguments: object, text: str | None = None, limit: float = 300) -> str:
        """What kubectl prints; fails the test with its message when it fails."""
        done = self.run(*arguments, text=text, limit=limit)
        assert done.returncode == 0, f"kubectl {arguments}: {done.stderr}{done.stdout}"
        return done.stdout

    def read(self, *arguments: object) -> dict[str, Any]:
        """An object as Kubernetes keeps it."""
        return dict(json.loads(self.ok("get", *arguments, "-o", "json")))

    def items(self, kind: str, labels: str = "") -> list[dict[str, Any]]:
        """All objects of a kind, or those with such labels.

        Tests wait for them second by second. kubectl would need a fifth of a core's second for each
        look, its proxy next to nothing.
        """
        place = _PLACES[kind].format(self.namespace)
        with urlopen(f"{self.proxy}/{place}?labelSelector={quote(labels)}", timeout=60) as answer:
            return list(json.load(answer)["items"])

    def helm(self, *arguments: object, limit: float = 600) -> Done:
        """helm in the namespace; never raises for what helm says."""
        binary = self.helm_binary or find_tool(HELM_3)
        return self._process([binary, "-n", self.namespace, *map(str, arguments)], None, limit)

    def helm_ok(self, *arguments: object, limit: float = 600) -> str:
        """What helm prints; fails the test with its message when it fails."""
        done = self.helm(*arguments, limit=limit)
        assert done.returncode == 0, f"helm {arguments}: {done.stderr}{done.stdout}"
        return done.stdout

    def wingsctl(self, *arguments: object, limit: float = 600) -> Done:
        """The command line as users run it, from the checkout."""
        return self._process([*program(), *map(str, arguments)], None, limit)

    def _process(self, command: list[str], text: str | None, limit: float) -> Done:
        environment = {
            **os.environ,
            "KUBECONFIG": str(self.kubeconfig),
            "HELM_BIN": self.helm_binary or find_tool(HELM_3),
            "PATH": f"{Path(self.kubectl_binary).parent}{os.pathsep}{os.environ['PATH']}",
        }
        given = (text or "").encode()
        done = subprocess.run(
            command, input=given, capture_output=True, check=False, cwd=ROOT, env=environment,
            timeout=patience(limit),
        )  # fmt: skip
        # Bytes, not text: reading text would turn a carriage return into a newline.
        printed, errors = done.stdout.decode(), done.stderr.decode()
        return subprocess.CompletedProcess(command, done.returncode, printed, errors)


@contextmanager
def through_proxy(kube: Kube) -> Iterator[Kube]:
    """The same with a proxy, until the block ends."""
    command = [kube.kubectl_binary, f"--kubeconfig={kube.kubeconfig}", "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            assert line, "kubectl proxy ended at once"
            yield replace(kube, proxy=f"http://{line.split()[-1]}")
        finally:
            process.kill()


def find_kubectl(binaries: Path) -> str:
    """The kubectl of the harness, else the one of a user's cluster."""
    found = shutil.which("kubectl", path=f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}")
    assert found, "kubectl is missing: run make cluster-tools, or install it"
    return found


def wait_for(fact: Callable[[], T], what: str, limit: float = 60, every: float = 1) -> T:
    """The first true value of fact(); the test fails after the patience of `limit` seconds."""
    limit = patience(limit)
    end = time.monotonic() + limit
    while True:
        value = fact()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not come within {limit:.0f} s"
        time.sleep(every)
