"""Stop KEDA from changing a living release, and let it go on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from wingsctl.adapters.kubectl import annotate_words, find_kubectl
from wingsctl.adapters.process import Runner, run_process
from wingsctl.errors import ToolError

KIND = "scaledobjects.keda.sh"
PAUSED = "autoscaling.keda.sh/paused"
PINNED = "autoscaling.keda.sh/paused-replicas"
"""Set by hand; it pauses as well, so that resuming has to remove it."""


@dataclass(frozen=True)
class PauseRequest:
    """A release, and whether KEDA shall leave it alone."""

    release: str
    is_paused: bool
    namespace: str | None = None
    kube_context: str | None = None


@dataclass(frozen=True)
class PausedObject:
    """A ScaledObject, and whether it changed."""

    name: str
    is_changed: bool


@dataclass(frozen=True)
class PauseResult:
    """What was done; `command` is empty where nothing had to be."""

    objects: list[PausedObject]
    command: str


def pause_scaling(request: PauseRequest, run: Runner = run_process) -> PauseResult:
    """All ScaledObjects of a release paused or resumed; raises ToolError."""
    namespace = request.namespace or os.environ.get("HELM_NAMESPACE")
    kubectl = find_kubectl(os.environ, namespace, request.kube_context, run)
    if kubectl is None:
        raise ToolError("kubectl is not on PATH", hint="install it, or annotate by other means")
    label = f"app.kubernetes.io/instance={request.release}"
    found = kubectl.read([KIND], "-l", label)
    if not found:
        where = f" in {namespace}" if namespace else ""
        raise ToolError(
            f"release {request.release} has no ScaledObject{where}",
            hint="name its namespace with -n; a release without autoscaling has none",
        )
    objects = [PausedObject(_name(each), _is_paused(each) != request.is_paused) for each in found]
    names = [each.name for each in objects if each.is_changed]
    if not names:
        return PauseResult(objects, "")
    annotations = [f"{PAUSED}=true"] if request.is_paused else [f"{PAUSED}-", f"{PINNED}-"]
    kubectl.annotate(KIND, names, *annotations)
    return PauseResult(objects, kubectl.shown(*annotate_words(KIND, names, *annotations)))


def _name(each: dict[str, Any]) -> str:
    return str(each["metadata"]["name"])


def _is_paused(each: dict[str, Any]) -> bool:
    """As KEDA reads it: a number of pods pauses, and so does any text but a false one."""
    annotations = each["metadata"].get("annotations", {})
    is_false = annotations.get(PAUSED, "false").lower() in ("false", "f", "0")
    return PINNED in annotations or not is_false
