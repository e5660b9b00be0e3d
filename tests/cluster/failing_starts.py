"""Ways in which a release fails to start, and the words by which people find out."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.helm import HELM_4

GPU = r"nvidia\.com/gpu"


@dataclass(frozen=True)
class Case:
    """A way to fail: what to set, and the words that tell it."""

    settings: tuple[str, ...]
    printed: tuple[str, ...]
    """By wingsctl, below helm's own message."""
    described: tuple[str, ...] = ()
    """By kubectl describe, of everything that belongs to the release."""
    status: str = ""
    """By the gateway's /engine/status, where there is a gateway that runs."""
    helm: str = ""
    profile: str = "fake"


def sets(*settings: str) -> tuple[str, ...]:
    return tuple(word for setting in settings for word in ("--set", setting))


def gpus(count: int) -> tuple[str, ...]:
    kinds = ("requests", "limits")
    return sets(*(f"engine.resources.{kind}.{GPU}={count}" for kind in kinds))


NO_IMAGE = sets("engine.image.tag=none")
CASES = {
    "crash": Case(
        sets("engine.env.FAKE_EXIT_CODE_AT_START=3", "engine.env.WINGS_MAX_FAILURES=2"),
        ("container fake-engine: ended with code 3", "| RuntimeError: CUDA out of memory"),
        ("RuntimeError: CUDA out of memory", "Exit Code:    3"),
        "RuntimeError: CUDA out of memory",
    ),
    "port": Case(
        sets("engine.env.FAKE_PORT_TAKEN=1"),
        ("address already in use",),
        ("Readiness probe failed: HTTP probe failed with statuscode: 503",),
        "address already in use",
    ),
    "model": Case(
        sets("model.path=/models/none"),
        ("/models/none: not found", "| OSError: no model in /models/none"),
        status="/models/none: not found",
    ),
    "memory": Case(
        sets("engine.env.FAKE_MEMORY_MIB=400"),
        ("memory",),
        status="memory",
    ),
    "image": Case(NO_IMAGE, ("wings-fake-engine:none cannot be had",), ("ErrImagePull",)),
    "image4": Case(
        NO_IMAGE, ("wings-fake-engine:none cannot be had",), ("ErrImagePull",), helm=HELM_4
    ),
    "undone": Case(
        (*NO_IMAGE, "--rollback-on-failure"),
        ("Pod undone-", "localhost/wings-fake-engine:none"),
    ),
    "rules": Case(
        sets("pod.securityContext.runAsNonRoot=false", "pod.securityContext.runAsUser=0"),
        ("ReplicaSet rules-", "FailedCreate", "violates PodSecurity"),
        ("violates PodSecurity",),
    ),
    "quota": Case(
        gpus(99),
        ("ReplicaSet quota-", "FailedCreate", "exceeded quota: quota"),
        ("exceeded quota",),
    ),
    "group": Case(
        sets("replicas=1", "engine.env.FAKE_EXIT_CODE_AT_START=3"),
        ("pod group-0-0", "container wings-infer: runs", "pod 1 (group-0-1) ended with code 3",
         "pod group-0-1, container fake-engine: is named above"),
        profile="turns",
    ),
    "groups": Case(
        (*NO_IMAGE, *sets("replicas=1")),
        ("pod groups-0-0 and 1 more", "wings-fake-engine:none cannot be had"),
        profile="turns",
    ),
    "node": Case(
        gpus(13),
        ("no node takes it", "Insufficient nvidia.com/gpu"),
        ("FailedScheduling",),
    ),
}  # fmt: skip
