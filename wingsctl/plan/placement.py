"""Where the pods of a group go, and whether they are admitted as one."""

from __future__ import annotations

from typing import Any

from wingsctl.catalog.profile import Profile
from wingsctl.plan.draft import Draft, plain
from wingsctl.plan.roles import is_split

DEFAULT_TOPOLOGY = "topology.kubernetes.io/zone"
PORTS_PER_GROUP = 32
"""On the network of the nodes; an engine may take ports up to 13 above its rendezvous."""


def resolve_scheduling(draft: Draft, profile: Profile) -> dict[str, Any]:
    """The scheduling of a group's values, in the profile's shape."""
    written = profile.scheduling
    key = draft.take(
        "scheduling.topologyKey", written.topology_key, DEFAULT_TOPOLOGY,
        "rule: a zone; a label of your racks or switches keeps a group closer",
    )  # fmt: skip
    draft.take(
        "scheduling.strict",
        written.strict if draft.is_written("scheduling", "strict") else None,
        written.strict,
        "default: preferred, as is a node of its own for each group",
    )
    draft.decide("scheduling.queue", *_admission(draft, profile))
    queue = {"queue": {"name": written.queue.name}} if written.queue else {}
    port = draft.take(
        "scheduling.firstHostPort",
        written.first_host_port if draft.is_written("scheduling", "firstHostPort") else None,
        written.first_host_port,
        f"default: with hostNetwork only; each group takes {PORTS_PER_GROUP} from here on",
    )
    return {"topologyKey": key, "strict": written.strict, "firstHostPort": port, **queue}


def _admission(draft: Draft, profile: Profile) -> tuple[Any, str]:
    """The queue, or what lacks without one."""
    queue = profile.scheduling.queue
    nodes = profile.nodes
    if queue is None:
        return "none", (
            f"default: each pod is placed by itself; where two groups find room for fewer than "
            f"{2 * nodes} pods, both may hold a part and wait for the rest (no engine starts in a "
            "part of a group). A queue places a group as a whole or not at all"
        )
    if queue.kind == "kueue" and is_split(profile.roles):
        draft.refuse(
            ("scheduling", "queue"),
            "Kueue admits each StatefulSet by itself, and roles give the workers one of their own",
            "use volcano, or let roles differ in args and literal env only",
        )
    return plain(queue), (
        f"{draft.line('scheduling', 'queue')}: {queue.kind} places all {nodes} pods of a group, or "
        "none"
    )
