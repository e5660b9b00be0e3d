"""Pod settings: tolerations, node affinity, networks and the security context."""

from __future__ import annotations

from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.fabric import FabricFacts
from wingsctl.catalog.front_door import FrontDoorPod
from wingsctl.catalog.operations import Queue
from wingsctl.catalog.pod import RolePod
from wingsctl.catalog.profile import AcceleratorSection, Profile
from wingsctl.documents import KeyPath
from wingsctl.plan.draft import Draft, plain
from wingsctl.plan.owned_names import check_owned_names

UID = 10001
"""One user for both containers, so that each can read what the other writes."""
SECURITY_CONTEXT = {
    "runAsNonRoot": True,
    "runAsUser": UID,
    "runAsGroup": UID,
    "fsGroup": UID,
    "fsGroupChangePolicy": "OnRootMismatch",
    "seccompProfile": {"type": "RuntimeDefault"},
}
NETWORKS = "k8s.v1.cni.cncf.io/networks"


def resolve_pod(
    draft: Draft, profile: Profile, card: AcceleratorProfile | None, fabric: FabricFacts | None
) -> dict[str, Any]:
    """The pod settings of the chart's values, in Kubernetes' words."""
    written = profile.pod
    draft.section("pod", written.model_copy(update={"env": {}}))
    pod: dict[str, Any] = plain(written)
    pod.pop("env", None)
    pod["securityContext"] = {**SECURITY_CONTEXT, **(written.security_context or {})}
    draft.decide("pod.securityContext", pod["securityContext"], "rule: Pod Security restricted")
    check_tolerations(draft, written, ("pod",))
    if card is not None:
        _place(draft, pod, profile.accelerator, card)
    if fabric is not None:
        _connect(draft, pod, fabric)
        if fabric.host_network and profile.nodes == 1:
            draft.warn(
                ("fabric", "hostNetwork"),
                "with host networking the NetworkPolicy cannot hold, and ports 8000, 9000 and "
                "9001 must be free on every node",
            )
    if queue := profile.scheduling.queue:
        _admit(draft, pod, queue)
    check_owned_names(draft, profile)
    return pod


def _admit(draft: Draft, pod: dict[str, Any], queue: Queue) -> None:
    """Volcano is a scheduler of its own; Kueue opens a gate before the usual one."""
    if queue.kind == "volcano" and "schedulerName" not in pod:
        pod["schedulerName"] = queue.kind
        draft.decide("pod.schedulerName", queue.kind, draft.line("scheduling", "queue"))


def role_pod(
    draft: Draft,
    profile: Profile,
    role: RolePod,
    card: AcceleratorProfile | None,
    fabric: FabricFacts | None,
) -> dict[str, Any]:
    """The settings of one role that are other than those of all pods, in Kubernetes' words."""
    both = role_profile(profile, role)
    aside = Draft(draft.document, draft.catalog)
    aside.sources = draft.sources
    pod = resolve_pod(aside, both, card, fabric)
    written = plain(role).keys() & {_alias(name) for name in role.model_fields_set}
    return {key: value for key, value in pod.items() if key in written}


def role_profile(profile: Profile, role: RolePod) -> Profile:
    """The profile as it is for one role: its settings instead of those of all pods."""
    own = {name: getattr(role, name) for name in role.model_fields_set}
    return profile.model_copy(update={"pod": profile.pod.model_copy(update=own)})


def _alias(name: str) -> str:
    return RolePod.model_fields[name].alias or name


def check_tolerations(draft: Draft, written: RolePod | FrontDoorPod, path: KeyPath) -> None:
    """What the API server would refuse only at the install (its ValidateTolerations)."""
    for position, each in enumerate(written.tolerations or []):
        at = (*path, "tolerations", position)
        if each.toleration_seconds is not None and each.effect != "NoExecute":
            draft.refuse(
                (*at, "tolerationSeconds"), "needs effect: NoExecute, which it is a part of"
            )
        if each.operator == "Exists" and each.value:
            draft.refuse((*at, "value"), "operator Exists takes no value", "use operator: Equal")
        if not each.key and each.operator != "Exists":
            draft.refuse((*at, "key"), "is missing: only operator Exists tolerates every taint")


def _place(
    draft: Draft, pod: dict[str, Any], section: AcceleratorSection, card: AcceleratorProfile
) -> None:
    resource = section.resource or card.resource
    tolerations = pod.setdefault("tolerations", [])
    if not any(each.get("key") in (None, resource) for each in tolerations):
        tolerations.append({"key": resource, "operator": "Exists", "effect": "NoSchedule"})
    draft.decide("pod.tolerations", tolerations, f"profile, and a toleration of {resource}")
    if card.node_label is None or draft.is_written("pod", "affinity", "nodeAffinity"):
        return
    wanted = {"key": card.node_label.key, "operator": "In", "values": list(card.node_label.values)}
    affinity = _node_affinity(wanted, strict=section.strict)
    pod["affinity"] = {**pod.get("affinity", {}), "nodeAffinity": affinity}
    how = "requires" if section.strict else "prefers"
    draft.decide(
        "pod.affinity.nodeAffinity",
        f"{how} {wanted['key']} in {', '.join(card.node_label.values)}",
        draft.sources["accelerator"]
        + ("" if section.strict else "; accelerator.strict: true makes it required"),
    )


def _node_affinity(wanted: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    term = {"matchExpressions": [wanted]}
    if strict:
        return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {
        "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": term}]
    }


def _connect(draft: Draft, pod: dict[str, Any], fabric: FabricFacts) -> None:
    if fabric.networks:
        annotations = pod.setdefault("annotations", {})
        annotations.setdefault(NETWORKS, ",".join(fabric.networks))
        draft.decide("pod.annotations", annotations[NETWORKS], "fabric networks")
        if fabric.rdma is None and not fabric.host_network:
            draft.warn(
                ("fabric",),
                "secondary networks without an RDMA device resource: NCCL may fall back to sockets",
                "name the device plugin's resource: rdma: {resource: ..., count: 1}",
            )
    if fabric.host_network:
        pod["hostNetwork"] = True
        pod.setdefault("dnsPolicy", "ClusterFirstWithHostNet")
