"""What no one can check before the pods run: names and numbers of the site's network."""

from __future__ import annotations

from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.fabric import FabricFacts
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import GroupPlan
from wingsctl.plan.draft import Draft
from wingsctl.plan.parts import Parts
from wingsctl.plan.placement import PORTS_PER_GROUP

NODE_PORTS_FROM = 30000
"""Where Kubernetes takes ports on the nodes by default."""
LIBRARIES = {"nvidia": "NCCL_", "amd": "NCCL_", "huawei": "HCCL_"}
"""The start of the variables that a vendor's communication library reads."""


def check_fabric(
    draft: Draft,
    profile: Profile,
    group: GroupPlan,
    parts: Parts,
    pod: dict[str, Any],
) -> None:
    """Warnings about the network between the pods of a group; problems with its ports."""
    fabric = parts.fabric
    if fabric is None:
        draft.warn(
            ("nodes",),
            "no fabric: the engines exchange everything over TCP on the pod network",
            "name one (wingsctl profiles list fabric), or fabric: ethernet if that is meant",
        )
    else:
        _check_library(draft, fabric, parts.card)
        _check_rights(draft, fabric, pod)
        _name_unchecked(draft, fabric, {**fabric.env, **profile.pod.env, **profile.engine.env})
    if pod.get("hostNetwork"):
        _check_host_ports(draft, profile, group)


def _check_library(draft: Draft, fabric: FabricFacts, card: AcceleratorProfile | None) -> None:
    prefix = LIBRARIES.get(card.vendor) if card else None
    others = sorted({each for each in LIBRARIES.values() if each != prefix})
    foreign = [name for name in fabric.env if name.startswith(tuple(others))]
    own = [name for name in fabric.env if prefix and name.startswith(prefix)]
    if card and prefix and foreign and not own:
        draft.warn(
            ("fabric",),
            f"{card.title} does not read {', '.join(foreign)}: its library takes {prefix}...",
            "use a fabric of the vendor, or set its variables in fabric.env",
        )


def _check_rights(draft: Draft, fabric: FabricFacts, pod: dict[str, Any]) -> None:
    if fabric.capabilities and pod["securityContext"].get("runAsUser") != 0:
        draft.warn(
            ("fabric",),
            f"{', '.join(fabric.capabilities)} is only in the bounding set of a process that is "
            "not root: it registers memory for RDMA where the runtime's memlock limit is unlimited",
            "where it is not, and RDMA fails: pod.securityContext: {runAsUser: 0, runAsNonRoot: "
            "false}",
        )


def _name_unchecked(draft: Draft, fabric: FabricFacts, env: dict[str, Any]) -> None:
    """One line with everything that only the site knows."""
    facts = [f"network {name}" for name in fabric.networks]
    facts += [f"resource {fabric.rdma.resource}"] if fabric.rdma else []
    facts += [f"{n}={v}" for n, v in env.items() if n.endswith(("_IFNAME", "_IB_HCA"))]
    pinned = [f"{n}={v}" for n, v in env.items() if n.endswith("_IB_GID_INDEX")]
    if pinned:
        facts.append(
            f"{', '.join(pinned)}, which must be the RoCE v2 entry on every node (from NCCL 2.21 "
            "on the right one is found where it is not set)"
        )
    if facts:
        draft.warn(
            ("fabric",),
            f"cannot be checked from here: {'; '.join(facts)}",
            "look at one pod first: NCCL_DEBUG=INFO shows NET/IB, or NET/Socket where it fell back",
        )


def _check_host_ports(draft: Draft, profile: Profile, group: GroupPlan) -> None:
    first = group.scheduling["firstHostPort"]
    groups = profile.autoscaling.max if profile.autoscaling else profile.replicas or 1
    after = first + groups * PORTS_PER_GROUP
    path = ("fabric",) if draft.is_written("fabric") else ("pod", "hostNetwork")
    if first < NODE_PORTS_FROM < after:
        draft.refuse(
            path,
            f"{groups} groups x {PORTS_PER_GROUP} ports from {first} reach into {NODE_PORTS_FROM} "
            "and above, where NodePorts are",
            f"lower scheduling.firstHostPort to {NODE_PORTS_FROM - groups * PORTS_PER_GROUP}",
        )
    draft.decide(
        "group.hostPorts",
        f"{first} to {after - 1}",
        f"rule: {PORTS_PER_GROUP} for each of {groups} groups: gateway +0, cluster +1, engine +2 "
        "(127.0.0.1), data parallel +3, rendezvous +8 to +21",
    )
    draft.warn(
        path,
        f"on the node's network no NetworkPolicy holds: ports {first} to {after - 1}, and the "
        "random ports of NCCL, Gloo and ZeroMQ, lie open to whoever reaches the nodes",
        "keep the nodes in a network of their own",
    )
