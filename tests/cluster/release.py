"""One installed release, as the person sees it who runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.cluster.kube import HERE, Done, Kube, wait_for
from tests.support.tools import find_tool

CATALOG = HERE / "catalog"
PROFILES = HERE / "profiles"
GATEWAY, ENGINE = "wings-infer", "engine"


def may_be_drained(kube: Kube) -> list[str]:
    """Settings of pods that the fixture `drain` finds.

    Where the only node is closed, a new pod needs to be allowed on it all the same: as if there
    were a second node.
    """
    anywhere = '[{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}]'
    mark = ["--set", f"pod.labels.wings-test={kube.namespace}"]
    return [*mark, "--set-json", f"pod.tolerations={anywhere}"]


@dataclass(frozen=True)
class Release:
    """A profile, by default the one of profiles/ with the release's name."""

    kube: Kube
    name: str
    charts: Path
    profile: Path | None = None
    chart_name: str = ""
    """Where the release has another name than its chart."""

    @property
    def chart(self) -> Path:
        """What wingsctl rendered and installed."""
        return self.charts / (self.chart_name or self.name)

    def sibling(self, name: str, profile: str = "", helm: str = "") -> Release:
        """Another release in the namespace, by default of the same profile and helm."""
        own = self.profile or PROFILES / f"{self.name}.wings.yaml"
        return replace(
            self,
            kube=replace(self.kube, helm_binary=find_tool(helm)) if helm else self.kube,
            name=name,
            charts=self.charts / name,
            profile=PROFILES / f"{profile}.wings.yaml" if profile else own,
            chart_name=profile or self.chart.name,
        )

    @property
    def url(self) -> str:
        """The Service by its name, from another namespace."""
        return f"http://{self.service}.{self.kube.namespace}:9000"

    @property
    def service(self) -> str:
        """Name of the client Service."""
        return str(self.kube.items("service", self._mine())[0]["metadata"]["name"])

    def install(self, *arguments: object, limit: float = 600) -> Done:
        """`wingsctl install`; never raises for what it says."""
        profile = self.profile or PROFILES / f"{self.name}.wings.yaml"
        where = ["--catalog", CATALOG, "-n", self.kube.namespace, "-o", self.charts]
        where += ["--release", self.name]
        return self.kube.wingsctl("install", profile, *where, *arguments, limit=limit)

    def install_ok(self, *arguments: object) -> None:
        """Install and wait until it serves."""
        done = self.install("--wait", *arguments)
        assert done.returncode == 0, done.stderr + done.stdout + self.story()

    def apply_ok(self, *arguments: object) -> None:
        """Render, install with plain helm, and wait until it serves: without `wingsctl install`."""
        profile = self.profile or PROFILES / f"{self.name}.wings.yaml"
        where = ["--catalog", CATALOG, "-o", self.charts]
        done = self.kube.wingsctl("render", profile, *where)
        assert done.returncode == 0, done.stderr + done.stdout
        chart = self.charts / str(YAML(typ="safe").load(profile)["name"])
        words = ["upgrade", "--install", self.name, chart, "--wait", "--timeout", "580s"]
        done = self.kube.helm(*words, *arguments)
        assert done.returncode == 0, done.stderr + done.stdout + self.story()

    def upgrade_ok(self, *arguments: object) -> str:
        """Plain helm, with the rendered chart: wingsctl is not needed any more."""
        return self.kube.helm_ok("upgrade", self.name, self.chart, "--reuse-values", *arguments)

    def pods(self) -> list[dict[str, Any]]:
        """The pods that are not on their way out, oldest first."""
        pods = self.all_pods()
        pods.sort(key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def all_pods(self) -> list[dict[str, Any]]:
        """Those on their way out, too."""
        return self.kube.items("pod", self._mine())

    def pod(self) -> str:
        """Name of the one pod."""
        (pod,) = self.pods()
        return str(pod["metadata"]["name"])

    def wait_ready(self, count: int = 1, limit: float = 300) -> list[str]:
        """Wait until exactly so many pods are there and Ready; their names."""
        return wait_for(lambda: self._ready(count), f"{count} ready pods of {self.name}", limit)

    def container(self, kind: str) -> str:
        """Full name of the gateway's or the engine's container."""
        (pod, *_) = self.pods()
        names = [each["name"] for each in pod["spec"]["containers"]]
        return next(name for name in names if name.endswith(kind))

    def exec(self, kind: str, *command: str, pod: str = "") -> str:
        """Run a command in a container of a pod (the only one by default)."""
        where = [pod or self.pod(), "-c", self.container(kind)]
        return self.kube.ok("exec", *where, "--", *command)

    def status(self, pod: str = "") -> dict[str, Any]:
        """The full /engine/status, read inside of the pod."""
        return dict(json.loads(self.page("/engine/status", pod)))

    def page(self, path: str, pod: str = "") -> str:
        """A page of the cluster's port, read inside of the pod."""
        code = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
        url = f"http://127.0.0.1:9001{path}"
        return self.exec(GATEWAY, "python3", "-c", code, url, pod=pod)

    def argv(self, pod: str = "") -> list[str]:
        """The running engine's argv, from /proc inside of its container."""
        return self.of_engine("cmdline", pod)

    def of_engine(self, file: str, pod: str = "") -> list[str]:
        """The entries of a file under /proc/PID of the engine: its cmdline or environ."""
        pid = "$(sed -n 's/^pid: //p' /shared-volume/engine_status.txt)"
        text = self.exec(ENGINE, "sh", "-c", f"cat /proc/{pid}/{file}", pod=pod)
        return text.split("\0")[:-1]

    def story(self) -> str:
        """What a person would look at when it does not work."""
        pods = self.kube.run("describe", "pod", "-l", self._mine()).stdout
        logs = self.kube.run("logs", "-l", self._mine(), "--all-containers", "--tail=30").stdout
        return f"\n{pods[-6000:]}\n{logs[-4000:]}"

    def _ready(self, count: int) -> list[str]:
        pods = self.pods()
        ready = [str(pod["metadata"]["name"]) for pod in pods if is_ready(pod)]
        return ready if len(ready) == len(pods) == count else []

    def _mine(self) -> str:
        """Labels; not of the pod of `helm test`, which is another component."""
        return f"app.kubernetes.io/instance={self.name},app.kubernetes.io/component=engine"


def is_ready(pod: dict[str, Any]) -> bool:
    """The condition that `kubectl get pods` shows and Services act on."""
    conditions = pod["status"].get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
