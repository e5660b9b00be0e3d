"""What templates may paste of a group."""

from __future__ import annotations

from typing import Any

from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.group import WORKER_WORD
from wingsctl.plan.placement import PORTS_PER_GROUP
from wingsctl.plan.waits import GROUP_GRACE_MARGIN_SECONDS


def group_words(plan: DeploymentPlan) -> dict[str, Any] | None:
    """Numbers and words that are fixed when a group's chart is rendered; None for one pod."""
    group = plan.group
    if group is None:
        return None
    scaling = plan.autoscaling
    sizes = {"leader": 1, "worker": group.nodes - 1} if group.is_split else {"leader": group.nodes}
    return {
        "count": "autoscaling.max" if scaling else "replicas",
        "many": "up to " if scaling else "",
        "sets": [{"role": role, "size": size} for role, size in sizes.items()],
        "steps": [
            {"type": name, "threshold": keys[0], "activation": keys[1]}
            for name, keys in (scaling.steps if scaling else {}).items()
        ],
        "leader_suffix": "-leader-0" if group.is_split else "-0",
        "nodes": group.nodes,
        "workers": group.nodes - 1,
        "is_split": group.is_split,
        "rendezvous_port": group.rendezvous_port,
        "data_parallel_port": group.data_parallel_port,
        "ports": PORTS_PER_GROUP,
        "margin": GROUP_GRACE_MARGIN_SECONDS,
        "transition": plan.time.transition,
        "worker_word": WORKER_WORD,
        "progress_metrics": " ".join(plan.engine.profile.metrics.progress),
    }
