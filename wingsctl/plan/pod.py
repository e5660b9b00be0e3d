"""Pod settings: tolerations, node affinity, security, and the Pod Security level."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.fabric import FabricFacts
from wingsctl.catalog.profile import AcceleratorSection, Profile
from wingsctl.plan.deployment import PodSecurity, SourceKind
from wingsctl.plan.draft import Draft, plain

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
OWN_LABELS = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
)
OWN_POD_ANNOTATIONS = ("checksum/files", "kubectl.kubernetes.io/default-container")
OWN_VOLUMES = (
    "shared-volume",
    "wings-files",
    "shm",
    "home",
    "tmp",
    "model",
    "model-cache",
    "wings-auth",
    "wings-tls",
)
RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
    "projected", "secret",
}  # fmt: skip
SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}  # fmt: skip
CONTAINER_TYPES = {
    None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t",
}  # fmt: skip
OWN_MOUNTS = (
    "/shared-volume",
    "/wings",
    "/dev/shm",
    "/home/wings",
    "/tmp",
    "/models",
    "/model-cache",
)
OWN_LABELS = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
)


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
    if card is not None:
        _place(draft, pod, profile.accelerator, card)
    if fabric is not None:
        _connect(draft, pod, fabric)
    _check_names(draft, profile)
    _check_labels(draft, profile)
    return pod


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
        draft.warn(
            ("fabric", "hostNetwork"),
            "with host networking the NetworkPolicy cannot hold, and ports 8000, 9000 and "
            "9001 must be free on every node",
        )


def _check_names(draft: Draft, profile: Profile) -> None:
    owned: list[tuple[tuple[str, ...], Mapping[str, str], Collection[str]]] = [
        (("labels",), profile.labels, OWN_LABELS),
        (("pod", "labels"), profile.pod.labels, OWN_LABELS),
        (("monitoring", "labels"), profile.monitoring.labels, OWN_LABELS),
        (("pod", "annotations"), profile.pod.annotations, OWN_POD_ANNOTATIONS),
    ]
    for where, written, taken in owned:
        for key in sorted(set(taken) & set(written)):
            draft.refuse((*where, key), "is set by the chart", "choose another key")
    names = [str(volume.get("name") or "") for volume in profile.pod.volumes]
    for index, name in enumerate(names):
        if not name:
            draft.refuse(("pod", "volumes", index), "a volume needs a name")
        elif name in OWN_VOLUMES or name in names[:index]:
            draft.refuse(
                ("pod", "volumes", index), f"the volume name {name} is taken", "choose another"
            )
    paths = [str(mount.get("mountPath") or "").rstrip("/") for mount in profile.pod.volume_mounts]
    for index, path in enumerate(paths):
        if not path.startswith("/"):
            draft.refuse(("pod", "volumeMounts", index), "needs an absolute mountPath")
        elif path in OWN_MOUNTS or path in paths[:index]:
            draft.refuse(
                ("pod", "volumeMounts", index), f"the mount path {path} is taken", "choose another"
            )
        if str(profile.pod.volume_mounts[index].get("name")) not in (*names, *OWN_VOLUMES):
            draft.refuse(
                ("pod", "volumeMounts", index),
                "mounts a volume that is not in pod.volumes",
                f"volumes of this pod: {', '.join([*filter(None, names), *OWN_VOLUMES])}",
            )


def _check_labels(draft: Draft, profile: Profile) -> None:
    """Selectors are made of these: another value, or a second one, would break them."""
    written = {("labels",): profile.labels, ("pod", "labels"): profile.pod.labels}
    for path, labels in written.items():
        for name in labels:
            if name in OWN_LABELS:
                draft.refuse(
                    (*path, name), "is set by the chart", "leave it out, or use a label of your own"
                )


def pod_security(
    profile: Profile, kind: SourceKind, fabric: FabricFacts | None, security: dict[str, Any]
) -> tuple[PodSecurity, str]:
    """The Pod Security level that the pod needs, and why."""
    kinds = {key for volume in profile.pod.volumes for key in volume if key != "name"}
    capabilities = fabric.capabilities if fabric else []
    is_on_host_network = profile.pod.host_network or (fabric is not None and fabric.host_network)
    loose = _unconfined(security)
    others = sorted(kinds - RESTRICTED_VOLUMES)
    is_root = security.get("runAsUser") == 0 or not security.get("runAsNonRoot")
    needs: list[tuple[PodSecurity, object, str]] = [
        ("privileged", kind == "hostPath", "model.source.hostPath mounts a directory of the node"),
        ("privileged", "hostPath" in kinds, "pod.volumes mounts a directory of the node"),
        ("privileged", is_on_host_network, "the pod uses the network of its node"),
        ("privileged", capabilities, f"the fabric needs {', '.join(capabilities)}"),
        ("privileged", loose, f"pod.securityContext.{loose} leaves the baseline"),
        ("baseline", is_root, "pod.securityContext runs as root"),
        (
            "baseline",
            not security.get("seccompProfile"),
            "pod.securityContext has no seccompProfile",
        ),
        ("baseline", others, f"pod.volumes mounts {', '.join(others)}"),
        ("restricted", True, "nothing in the pod needs more"),
    ]
    return next((level, reason) for level, is_needed, reason in needs if is_needed)


def _unconfined(security: dict[str, Any]) -> str:
    """The key of a pod security context that even the baseline level refuses, or nothing."""
    for key in ("seccompProfile", "appArmorProfile"):
        if (security.get(key) or {}).get("type") == "Unconfined":
            return key
    selinux = security.get("seLinuxOptions") or {}
    if selinux.get("user") or selinux.get("role") or selinux.get("type") not in CONTAINER_TYPES:
        return "seLinuxOptions"
    names = {str(each.get("name")) for each in security.get("sysctls") or []}
    return "sysctls" if names - SAFE_SYSCTLS else ""
