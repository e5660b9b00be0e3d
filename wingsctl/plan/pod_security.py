"""The Pod Security level that a pod needs."""

from __future__ import annotations

from typing import Any

from wingsctl.catalog.fabric import FabricFacts
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import PodSecurity, SourceKind
from wingsctl.plan.pod import SECURITY_CONTEXT, role_profile

STRICTNESS: tuple[PodSecurity, ...] = ("privileged", "baseline", "restricted")
"""The levels, the one that allows most first."""
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


def strictest_pod_security(
    profile: Profile, kind: SourceKind, fabric: FabricFacts | None, pod: dict[str, Any]
) -> tuple[PodSecurity, str]:
    """The level of all pods, or of the role that needs the most, and why."""
    found = [pod_security(profile, kind, fabric, pod["securityContext"])]
    for role in (profile.roles.leader, profile.roles.worker):
        written = role.pod.security_context
        security = pod["securityContext"] if written is None else {**SECURITY_CONTEXT, **written}
        found.append(pod_security(role_profile(profile, role.pod), kind, fabric, security))
    return min(found, key=lambda each: STRICTNESS.index(each[0]))


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
        (
            "privileged",
            is_on_host_network,
            "the pod uses the network of its node, where no NetworkPolicy holds",
        ),
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
