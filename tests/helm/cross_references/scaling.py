"""Autoscalers and what they scale."""

from __future__ import annotations

from collections.abc import Iterator

from tests.helm.cross_references.release import (
    SCALERS,
    WORKLOADS,
    Release,
    place,
    scale_target,
)


def scale_targets_are_rendered(release: Release) -> Iterator[str]:
    for each in release.of(*SCALERS):
        kind, name = scale_target(each)
        target = release.find(kind, name)
        if target is None:
            yield f"{place(each)}: its target, {kind} {name}, is not rendered"
            continue
        container = each["spec"]["scaleTargetRef"].get("envSourceContainerName")
        names = [found["name"] for found in target["spec"]["template"]["spec"]["containers"]]
        if container and container not in names:
            yield f"{place(each)}: reads variables of {container}, which is no container"


def one_side_sets_the_number_of_pods(release: Release) -> Iterator[str]:
    """Both would undo each other at every upgrade; none would mean one pod forever."""
    for each in release.of(*WORKLOADS):
        scalers = release.scalers_of(each)
        if len(scalers) > 1:
            yield f"{place(each)}: {len(scalers)} autoscalers"
        if scalers and "replicas" in each["spec"]:
            yield f"{place(each)}: replicas beside an autoscaler"
        if not scalers and "replicas" not in each["spec"]:
            yield f"{place(each)}: neither replicas nor an autoscaler"


def groups_start_and_stop_as_a_whole(release: Release) -> Iterator[str]:
    """From none to all pods in one step, and at no other time."""
    for each in release.of("ScaledObject"):
        spec = each["spec"]
        if scale_target(each)[0] != "StatefulSet":
            continue
        if spec.get("idleReplicaCount") != 0 or spec.get("initialCooldownPeriod") != 0:
            yield f"{place(each)}: may run, or be installed with, a part of its pods"
        if spec.get("minReplicaCount") != spec.get("maxReplicaCount"):
            yield f"{place(each)}: may stop at a part of its pods"


RULES = (
    scale_targets_are_rendered,
    one_side_sets_the_number_of_pods,
    groups_start_and_stop_as_a_whole,
)
