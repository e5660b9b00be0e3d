"""The real helm binaries, and what they make of a chart."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

HELM_3 = "helm"
HELM_4 = "helm4"
_TOOLS = Path(__file__).resolve().parents[2] / ".tools" / "bin"


def find_tool(name: str) -> str:
    """Path of a tool that `make tools` built or the locks installed.

    A missing tool fails in CI and skips elsewhere.
    """
    places = [_TOOLS, Path(sysconfig.get_path("scripts"))]
    found = shutil.which(name, path=os.pathsep.join(map(str, places)))
    if found is None:
        message = f"{name} is missing: run make tools"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@dataclass(frozen=True)
class HelmBinary:
    """One helm, run as users run it."""

    path: str

    def run(self, *arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Any helm command; never raises."""
        command = [self.path, *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    def template(
        self, chart: Path, *arguments: object, release: str = "demo", stdin: str | None = None
    ) -> list[dict[str, Any]]:
        """The objects of a chart; fails the test with helm's message where helm fails."""
        done = self.run("template", release, chart, "-n", "llm", *arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        documents = YAML(typ="safe", pure=True).load_all(done.stdout)
        return [document for document in documents if document]


def pick(objects: list[dict[str, Any]], kind: str, name: str | None = None) -> dict[str, Any]:
    """The one object of a kind (and name)."""
    found = [
        each
        for each in objects
        if each["kind"] == kind and name in (None, each["metadata"]["name"])
    ]
    assert len(found) == 1, f"{len(found)} objects of kind {kind}"
    return found[0]


def containers(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The Deployment's containers by name."""
    pod = pick(objects, "Deployment")["spec"]["template"]["spec"]
    return {container["name"]: container for container in pod["containers"]}


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


def argv(objects: list[dict[str, Any]]) -> list[str]:
    """The engine's argv as the gateway receives it, after Kubernetes' expansion."""
    gateway = containers(objects)["wings-infer"]
    variables: dict[str, str] = {}
    for entry in gateway["env"]:
        if "value" in entry:
            variables[entry["name"]] = expand(entry["value"], variables)
    return [expand(token, variables) for token in gateway["args"]]
