"""How many devices of how many nodes are worth a try."""

from __future__ import annotations

from wingsctl.plan.cluster_pools import Pool
from wingsctl.plan.new_profile import Answers

COUNTS = (1, 2, 4, 8, 16)
GROUPS = (2, 4)
USUAL_DEVICES = 8
"""Of a node, where the cluster was not read."""
Shape = tuple[int, int]
"""Devices of a pod, and pods of a replica."""


def single_shapes(answers: Answers, pool: Pool) -> list[Shape]:
    """Of one node, the smallest first; none where several nodes are wanted."""
    if answers.nodes not in (None, 1):
        return []
    most = 1 if pool.is_slice else pool.devices or answers.count or USUAL_DEVICES
    if answers.count:
        return [(answers.count, 1)] if answers.count <= most else []
    return [(count, 1) for count in sorted({*COUNTS, most}) if count <= most]


def group_shapes(answers: Answers, pool: Pool) -> list[Shape]:
    """Of whole nodes; none where one node is wanted."""
    if pool.is_slice or answers.nodes == 1:
        return []
    whole = answers.count or pool.devices or USUAL_DEVICES
    if whole > (pool.devices or whole):
        return []
    wanted = (answers.nodes,) if answers.nodes else GROUPS
    return [(whole, nodes) for nodes in wanted if nodes <= (pool.nodes or max(wanted))]
