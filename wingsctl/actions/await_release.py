"""Wait for the pods of a release as helm does, but for no address of a load balancer."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wingsctl.actions.install_steps import Steps
from wingsctl.adapters.kubectl import Kubectl
from wingsctl.errors import ToolError

Clock = Callable[[], float]
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_CLAIM = "PersistentVolumeClaim"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_RETRY_SECONDS = 5


def await_release(
    kubectl: Kubectl,
    objects: Sequence[dict[str, Any]],
    seconds: int,
    steps: Steps,
    clock: Clock = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait, `seconds` in all, until each workload has rolled out and each claim is bound.

    `objects` are those that helm applied. Raises ToolError for the first that is not ready.
    """
    wait = _Wait(kubectl, steps, clock() + seconds, clock, sleep)
    for workload in _workloads(objects):
        wait.for_one(workload, kubectl.rollout_command)
    for claim in _unmounted_claims(kubectl, objects):
        wait.for_one(f"persistentvolumeclaim/{claim}", kubectl.bound_command)


@dataclass(frozen=True)
class _Wait:
    kubectl: Kubectl
    steps: Steps
    end: float
    clock: Clock
    sleep: Callable[[float], None]

    def for_one(self, what: str, command: Callable[[str, int], list[str]]) -> None:
        """For kubectl a time-out of 0 would be none.

        A kubectl that ends because the API server does not answer proves nothing about the release.
        """
        while (left := math.ceil(self.end - self.clock())) > 0:
            done = self.steps.waiting(command(what, left))
            if not done.status:
                return
            if self.is_answered(what):
                lines = done.stderr.strip().splitlines()
                hint = lines[-1] if lines else "kubectl's message stands above"
                raise ToolError(f"{what} is not ready", hint=hint)
            self.sleep(_RETRY_SECONDS)
        raise ToolError(f"{what} is not ready in time")

    def is_answered(self, what: str) -> bool:
        try:
            self.kubectl.read([what])
        except ToolError as error:
            return "NotFound" in error.message
        return True


def _workloads(objects: Sequence[dict[str, Any]]) -> Iterator[str]:
    """KIND/NAME of what makes pods; of OnDelete nothing can be waited for, as for helm."""
    for each in objects:
        if each.get("kind") in WORKLOADS:
            strategy = each.get("spec", {}).get("updateStrategy") or {}
            if strategy.get("type") != "OnDelete":
                yield f"{each['kind'].lower()}/{_name(each)}"


def _unmounted_claims(kubectl: Kubectl, objects: Sequence[dict[str, Any]]) -> list[str]:
    """Claims without a volume although all pods are ready: no pod mounts them.

    Where a volume is made for the first pod that mounts it, there is nothing to wait for. A
    cluster that keeps this to itself is believed to be of that kind.
    """
    names = {_name(each) for each in objects if each.get("kind") == _CLAIM}
    if not names:
        return []
    try:
        claims = [each for each in kubectl.read([_CLAIM.lower()]) if _name(each) in names]
        pending = [each for each in claims if each.get("status", {}).get("phase") != "Bound"]
        classes = kubectl.read(["storageclass"]) if pending else []
    except ToolError:
        return []
    return [_name(each) for each in pending if _is_bound_at_once(each, classes)]


def _is_bound_at_once(claim: dict[str, Any], classes: Sequence[dict[str, Any]]) -> bool:
    wanted = claim["spec"].get("storageClassName")
    for each in classes:
        is_default = each["metadata"].get("annotations", {}).get(_DEFAULT_CLASS) == "true"
        if _name(each) == wanted or (wanted is None and is_default):
            return bool(each.get("volumeBindingMode") != "WaitForFirstConsumer")
    return False


def _name(each: dict[str, Any]) -> str:
    return str(each["metadata"]["name"])
