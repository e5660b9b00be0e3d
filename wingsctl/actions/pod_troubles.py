"""Why a pod does not serve, from what Kubernetes says of it; reads nothing itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_NOT_YET = {"ContainerCreating", "PodInitializing"}
_IMAGE = {
    "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName",
    "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
}  # fmt: skip
_MEMORY = "OOMKilled"


@dataclass(frozen=True)
class Trouble:
    """One reason. `container` is empty where it is the pod's own."""

    container: str
    message: str
    has_log: bool = False
    """Its log tells more."""
    of_the_run_before: bool = False
    """The log of the run before the present one, that is."""
    detail: str = field(default="", compare=False)
    """What may differ from pod to pod, and from second to second, where the reason is the same."""


def find_troubles(pod: dict[str, Any]) -> list[Trouble]:
    """All that keeps the pod from serving; empty for one that is ready or on its way out."""
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"] or _condition(status, "Ready") == "True":
        return []
    whole = _of_the_pod(status)
    if whole:
        return [whole]
    found = [trouble for each in _containers(pod) if (trouble := _of_a_container(*each))]
    return found or all_logs(pod, "runs, but the pod is not ready")


def all_logs(pod: dict[str, Any], message: str) -> list[Trouble]:
    """Every container that runs: their logs know why."""
    return [
        Trouble(container["name"], message, has_log=True)
        for container, status in _containers(pod)
        if "running" in status.get("state", {})
    ]


def is_being_made(pod: dict[str, Any]) -> bool:
    """Whether the node is still preparing it; only events say what that waits for."""
    return any(
        status.get("state", {}).get("waiting", {}).get("reason") in _NOT_YET
        for _, status in _containers(pod)
    )


def _of_the_pod(status: dict[str, Any]) -> Trouble | None:
    if status.get("phase") == "Failed" and status.get("reason"):
        return Trouble("", _say(status["reason"], status.get("message")))
    for each in status.get("conditions", []):
        if each["type"] == "PodScheduled" and each["status"] == "False":
            return Trouble("", f"no node takes it: {each.get('message', each.get('reason', ''))}")
    return None


def _containers(pod: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each container as it is wanted, and as it is."""
    pairs = []
    for wanted, present in (
        ("initContainers", "initContainerStatuses"),
        ("containers", "containerStatuses"),
    ):
        states = {each["name"]: each for each in pod.get("status", {}).get(present, [])}
        pairs += [(each, states.get(each["name"], {})) for each in pod["spec"].get(wanted, [])]
    return pairs


def _of_a_container(container: dict[str, Any], status: dict[str, Any]) -> Trouble | None:
    name, state = container["name"], status.get("state", {})
    waiting, ended = state.get("waiting", {}), state.get("terminated")
    before = status.get("lastState", {}).get("terminated")
    reason = waiting.get("reason", "")
    if reason in _IMAGE:
        detail = _say(reason, waiting.get("message"))
        return Trouble(name, f"image {container['image']} cannot be had", detail=detail)
    if ended and not (ended.get("exitCode") == 0 and ended.get("reason") == "Completed"):
        return Trouble(name, _end(container, ended), has_log=True)
    if before:
        return Trouble(name, _end(container, before), has_log=True, of_the_run_before=True)
    if reason and reason not in _NOT_YET:
        return Trouble(name, _say(reason, waiting.get("message")))
    return None


def _end(container: dict[str, Any], ended: dict[str, Any]) -> str:
    if ended.get("reason") == _MEMORY:
        limit = container.get("resources", {}).get("limits", {}).get("memory", "of the node")
        return f"was killed: it needed more memory than its limit {limit} (OOMKilled)"
    how = f"ended with code {ended.get('exitCode')}"
    reason = ended.get("reason", "Error")
    if reason in ("Error", "Completed"):
        return how
    return f"{how}: {_say(reason, ended.get('message'))}"


def _condition(status: dict[str, Any], kind: str) -> str:
    found = [each["status"] for each in status.get("conditions", []) if each["type"] == kind]
    return found[0] if found else ""


def _say(reason: str, message: str | None) -> str:
    return f"{reason}: {message}" if message else reason
