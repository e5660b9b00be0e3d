"""Which programs of ours the pods of a cluster run, from the API server's own list of changes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.cluster.harness.layout import Layout

FILE = "pods.jsonl"
PACKAGE = "wings_infer"
IMAGE = "/wings-infer:"
REAL_ENGINE = "/wings-base:"
OF_REAL_ENGINE = frozenset({
    "sidecar/proof/engine.sh", "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt",
})  # fmt: skip
"""What makes the virtual environment that these pods mount, and the model."""
SGLANG = "/opt/sglang"
OF_SGLANG = frozenset({
    "sidecar/proof/sglang.sh", "sidecar/proof/sgl_kernel.py", "sidecar/requirements-sglang.txt",
})  # fmt: skip
"""What makes the packages that a container has there, besides."""


@contextmanager
def watched_pods(layout: Layout, folder: Path) -> Iterator[None]:
    """Every state of every pod goes to a file until the block ends."""
    kubectl = [str(layout.binaries / "kubectl"), f"--kubeconfig={layout.kubeconfig}"]
    command = [*kubectl, "get", "--raw", "/api/v1/pods?watch=true"]
    with (folder / FILE).open("wb") as file, subprocess.Popen(command, stdout=file) as process:
        try:
            yield
        finally:
            process.kill()


def noted_pods(folder: Path) -> list[dict[str, Any]]:
    """Every state of them, without pods that were on their way out from the beginning."""
    pods, leaving, seen = [], set(), set()
    for line in (folder / FILE).read_text("utf-8").splitlines(keepends=True):
        if not line.endswith("\n"):
            break  # ended within an event
        pod = json.loads(line)["object"]
        uid = pod["metadata"].get("uid")
        if uid not in seen and "deletionTimestamp" in pod["metadata"]:
            leaving.add(uid)
        seen.add(uid)
        pods += [] if uid in leaving else [pod]
    return pods


def programs(pods: list[dict[str, Any]]) -> set[str]:
    """Modules of wings_infer that containers, their probes and hooks start."""
    found = set()
    for container in _containers(pods):
        ours = IMAGE in container["image"]
        found |= {PACKAGE + ".__main__"} if ours and "command" not in container else set()
        found |= set(_modules(container))
    return found


def of_real_engine(pods: list[dict[str, Any]]) -> frozenset[str]:
    """The files that a vLLM or SGLang in one of them comes from."""
    real = [each for each in _containers(pods) if REAL_ENGINE in each["image"]]
    mounts = [mount["mountPath"] for each in real for mount in each.get("volumeMounts", [])]
    sglang = OF_SGLANG if SGLANG in mounts else frozenset()
    return sglang | OF_REAL_ENGINE if real else frozenset()


def _containers(pods: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for pod in pods:
        yield from pod["spec"].get("initContainers", [])
        yield from pod["spec"]["containers"]


def _modules(part: Any) -> Iterator[str]:
    """The word after each -m, however deep."""
    if isinstance(part, dict):
        for each in part.values():
            yield from _modules(each)
    elif isinstance(part, list):
        for before, word in pairwise(part):
            if before == "-m" and str(word).split(".")[0] == PACKAGE:
                yield PACKAGE + ".__main__" if word == PACKAGE else word
        for each in part:
            yield from _modules(each)
