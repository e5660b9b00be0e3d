"""The real helm binaries, and what they make of a chart."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.support.manifests import read_manifests, split_manifests
from tests.support.store import Store, tree_digest

WORKER_WORD = "--wings-worker-command"
HELM_3 = "helm"
HELM_4 = "helm4"
READS_MORE = {"-f", "--values", "--set-file", "--kubeconfig", "--dry-run=server"}
"""Options whose result depends on more than the words, unless a dash follows: that is stdin."""


@dataclass(frozen=True)
class Rendering:
    """What helm printed of a chart."""

    manifests: str
    objects: list[dict[str, Any]]


@dataclass(frozen=True)
class HelmBinary:
    """One helm, run as users run it."""

    path: str
    store: Store | None = None

    def run(self, *arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Any helm command; never raises."""
        command = [self.path, *map(str, arguments)]
        # Go's garbage collector takes a fifth of the time of a process that ends at once.
        done = subprocess.run(
            command, input=stdin and stdin.encode(), capture_output=True, check=False,
            env={**os.environ, "GOGC": "800"},
        )  # fmt: skip
        # Bytes, not text: reading text would turn a carriage return into a newline.
        return subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def template(
        self, chart: Path, *arguments: object, release: str = "demo", stdin: str | None = None
    ) -> list[dict[str, Any]]:
        """The objects of a chart; fails the test with helm's message where helm fails."""
        return self.render(chart, *arguments, release=release, stdin=stdin).objects

    def render(
        self, chart: Path, *arguments: object, release: str = "demo", stdin: str | None = None
    ) -> Rendering:
        """The same with their text; what the session rendered already comes from its store."""
        words = [str(each) for each in arguments]

        def make() -> tuple[str, list[dict[str, Any]]]:
            done = self.run("template", release, chart, "-n", "llm", *words, stdin=stdin)
            assert done.returncode == 0, f"{chart.name}: {done.stderr}"
            return done.stdout, read_manifests(done.stdout)

        if self.store is None or reads_more(words):
            return Rendering(*make())
        key = (self.path, tree_digest(chart), release, words, stdin)
        return Rendering(*self.store.value(key, make))

    def read(self, manifests: str) -> list[dict[str, Any]]:
        """Manifests as helm reads them, whose YAML reader is Kubernetes' own."""
        with tempfile.TemporaryDirectory() as place:
            chart = Path(place)
            (chart / "documents").mkdir()
            (chart / "templates").mkdir()
            (chart / "Chart.yaml").write_text("{apiVersion: v2, name: reader, version: 0.0.1}")
            (chart / "templates" / "read.yaml").write_text(_READER)
            for number, text in enumerate(split_manifests(manifests)):
                path = chart / "documents" / f"{number:05}.yaml"
                path.write_text(text, encoding="utf-8", newline="")
            done = self.run("template", "reader", chart)
        assert done.returncode == 0, done.stderr
        line = next(line for line in done.stdout.split("\n") if line.startswith("{"))
        objects: list[dict[str, Any]] = json.loads(line)["items"]
        assert not [each["Error"] for each in objects if "kind" not in each]
        return objects


_READER = """\
{{- $items := list }}
{{- range $path, $bytes := .Files.Glob "documents/*" }}
{{- $items = append $items (fromYaml (toString $bytes)) }}
{{- end }}
{{ dict "kind" "List" "apiVersion" "v1" "items" $items | toRawJson }}
"""


def reads_more(words: list[str]) -> bool:
    """Whether options name files or a cluster."""
    pairs = pairwise([*words, ""])
    return any(word in READS_MORE and following != "-" for word, following in pairs)


def pick(objects: list[dict[str, Any]], kind: str, name: str | None = None) -> dict[str, Any]:
    """The one object of a kind (and name)."""
    found = [
        each
        for each in objects
        if each["kind"] == kind and name in (None, each["metadata"]["name"])
    ]
    assert len(found) == 1, f"{len(found)} objects of kind {kind}"
    return found[0]


def workloads(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The Deployment of the engine's pods, or the StatefulSets of all groups; no front door."""
    return [
        each
        for each in objects
        if each["kind"] in ("Deployment", "StatefulSet") and not is_of_door(each)
    ]


def is_of_door(each: dict[str, Any]) -> bool:
    """Whether an object is the front door's own."""
    labels = each["metadata"].get("labels", {})
    return bool(labels.get("app.kubernetes.io/component") == "front-door")


def doors_of(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The Deployment of the front door, if there is one."""
    return [each for each in objects if each["kind"] == "Deployment" and is_of_door(each)]


def pods_of(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The specs of their pods."""
    return [each["spec"]["template"]["spec"] for each in workloads(objects)]


def pod_of(objects: list[dict[str, Any]], name: str | None = None) -> dict[str, Any]:
    """The spec of the pods of the first workload, or of that name."""
    found = [each for each in workloads(objects) if name in (None, each["metadata"]["name"])]
    pod: dict[str, Any] = found[0]["spec"]["template"]["spec"]
    return pod


def containers(objects: list[dict[str, Any]], name: str | None = None) -> dict[str, dict[str, Any]]:
    """The containers of the first workload (or of that name), by name."""
    return {container["name"]: container for container in pod_of(objects, name)["containers"]}


def expand(text: str, variables: dict[str, str]) -> str:
    """Kubernetes' expansion of `$(NAME)` and `$$`, as its third_party/forked/golang/expansion."""
    out, rest = "", text
    while rest:
        head, dollar, rest = rest.partition("$")
        out += head
        if not dollar:
            break
        if rest.startswith("$"):
            out, rest = out + "$", rest[1:]
        elif rest.startswith("(") and ")" in rest:
            name, rest = rest[1:].split(")", 1)
            out += variables.get(name, f"$({name})")
        else:
            out += "$"
    return out


def argv(objects: list[dict[str, Any]], name: str | None = None) -> list[str]:
    """The engine's argv as the gateway receives it, after Kubernetes' expansion.

    Variables that come from the pod's fields stay `$(NAME)`.
    """
    gateway = containers(objects, name)["wings-infer"]
    variables: dict[str, str] = {}
    for entry in gateway["env"]:
        if "value" in entry:
            variables[entry["name"]] = expand(entry["value"], variables)
    return [expand(token, variables) for token in gateway["args"]]


def role_argv(objects: list[dict[str, Any]], name: str | None = None) -> dict[str, list[str]]:
    """The same for a group, by role."""
    tokens = argv(objects, name)
    at = tokens.index(WORKER_WORD) if WORKER_WORD in tokens else None
    return {"leader": tokens[:at], "worker": tokens if at is None else tokens[at + 1 :]}
