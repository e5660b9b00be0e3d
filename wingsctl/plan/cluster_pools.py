"""What the nodes of a cluster offer: alike nodes with the same card are one pool."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.fabric import FabricProfile
from wingsctl.plan.card_labels import MACHINES, NodeCard, card_of_label
from wingsctl.plan.node_fabric import fabric_of, foreign_network

MIG = re.compile(r"nvidia\.com/mig-\d+g\.\d+gb(\.[\w.]+)?")
_NOT_FOR_PODS = "node.kubernetes.io/"
"""Taints of the node's state, which come and go."""
Node = Mapping[str, Any]


@dataclass(frozen=True)
class Pool:
    """Alike nodes, with `devices` of one resource each; 0 where their number is not known."""

    accelerator: str
    devices: int = 0
    nodes: int = 0
    resource: str = ""
    """Where it is not the card's own: a slice of it."""
    arch: str = ""
    label: tuple[str, str] = ("", "")
    """By which the card was recognized."""
    is_labelled: bool = True
    """Whether charts can choose these nodes by the card's own label."""
    is_alone: bool = True
    """Whether no node of the cluster has the same resource with another card."""
    fabric: Mapping[str, Any] | None = None
    tolerations: tuple[Mapping[str, str], ...] = ()

    @property
    def is_slice(self) -> bool:
        """Whether a device is a part of a card, which cannot be joined with another."""
        return bool(MIG.fullmatch(self.resource))


@dataclass(frozen=True)
class Cluster:
    """The pools of a cluster, the largest first, and what was left out of them."""

    pools: tuple[Pool, ...]
    remarks: tuple[str, ...]
    nodes: int
    """Of all kinds that take pods."""


def find_pools(
    nodes: Sequence[Node],
    cards: Sequence[AcceleratorProfile],
    fabrics: Sequence[FabricProfile],
    wanted: Sequence[str] = (),
) -> Cluster:
    """`wanted` are cards that were named: they decide where labels leave it open."""
    usable = [node for node in nodes if _takes_pods(node)]
    left_out = len(nodes) - len(usable)
    remarks = [f"{_nodes(left_out)}: not ready, or cordoned"] if left_out else []
    found: Counter[Pool] = Counter()
    remarked: Counter[str] = Counter()
    for node in usable:
        for each in _offers(node, cards, fabrics, wanted):
            if isinstance(each, Pool):
                found[each] += 1
            else:
                remarked[each] += 1
    remarks += [f"{_nodes(count)}: {text}" for text, count in remarked.items()]
    mixed = _mixed(nodes, cards)
    pools = [
        replace(pool, nodes=count, is_alone=pool.resource not in mixed)
        for pool, count in found.items()
    ]
    pools = [replace(each, resource=each.resource * each.is_slice) for each in pools]
    pools.sort(key=lambda pool: (-pool.devices * pool.nodes, pool.accelerator, pool.resource))
    return Cluster(tuple(pools), tuple(remarks), len(usable))


def _mixed(nodes: Sequence[Node], cards: Sequence[AcceleratorProfile]) -> set[str]:
    """Resources of which a pod may get one card or another, also on nodes that are away now."""
    kinds: dict[str, set[tuple[str, ...]]] = {}
    for node in nodes:
        for resource in (name for name, amount in _amounts(node).items() if amount):
            card = _card_of(node, _with_resource(cards, resource))
            kinds.setdefault(resource, set()).add(card.names or card.label if card else ())
    return {resource for resource, found in kinds.items() if len(found) > 1}


def _offers(
    node: Node,
    cards: Sequence[AcceleratorProfile],
    fabrics: Sequence[FabricProfile],
    wanted: Sequence[str],
) -> Iterator[Pool | str]:
    """One pool for each resource of the node, or why there is none."""
    free = _amounts(node)
    known = {card.resource for card in cards}
    resources = [name for name in free if free[name] and (name in known or MIG.fullmatch(name))]
    for resource in resources:
        card = _card_of(node, _with_resource(cards, resource))
        names = _chosen(card, _with_resource(cards, resource), wanted)
        if isinstance(names, str):
            yield f"{resource} {names}"
            continue
        yield Pool(
            names[0],
            free[resource],
            0,
            resource,
            _labels(node).get("kubernetes.io/arch", ""),
            card.label if card else ("", ""),
            card.is_nodes_own if card else False,
            True,
            _frozen(fabric_of(free, fabrics)),
            _tolerations(node, resource),
        )
        if network := foreign_network(free, fabrics):
            yield f"{network} is of no fabric of the catalog: a group takes the pod network"
        if (arch := _labels(node).get("kubernetes.io/arch", "amd64")) != "amd64":
            yield f"{arch} machines, for which the engine's image must have a build"
        if len(names) > 1:
            yield (
                f"{card.label[0] if card else resource} is that of {' and of '.join(names)}: "
                f"the smaller is assumed; name the card with --accelerator"
            )


def _card_of(node: Node, cards: Sequence[AcceleratorProfile]) -> NodeCard | None:
    """By the labels of vendors and clouds, then by the machine; one that is known counts first."""
    labels = _labels(node)
    keys = sorted(labels, key=lambda key: (key in MACHINES, key not in _own_keys(cards)))
    found = [card_of_label(key, labels[key], cards) for key in keys]
    cards_named = [each for each in found if each is not None]
    return next((each for each in cards_named if each.names), next(iter(cards_named), None))


def _own_keys(cards: Sequence[AcceleratorProfile]) -> set[str]:
    return {each.node_label.key for each in cards if each.node_label}


def _with_resource(cards: Sequence[AcceleratorProfile], resource: str) -> list[AcceleratorProfile]:
    """The cards whose device it may be, the smallest first."""
    vendor = resource.split("/", maxsplit=1)[0]
    fitting = [
        card
        for card in cards
        if card.resource == resource
        or (MIG.fullmatch(resource) and card.resource.startswith(f"{vendor}/"))
    ]
    return sorted(fitting, key=lambda card: (card.memory_gib, card.name))


def _chosen(
    card: NodeCard | None, cards: Sequence[AcceleratorProfile], wanted: Sequence[str]
) -> tuple[str, ...] | str:
    """Names of the catalog, or why none can be given."""
    fitting = [each.name for each in cards if each.name in wanted]
    if card is None:
        return tuple(fitting[:1]) or "without a label that names the card: give --accelerator"
    key, value = card.label
    if card.part:
        return f"is a part of a card ({key}={value}), whose memory a profile cannot state"
    if not card.names:
        return tuple(fitting[:1]) or f"of a card that the catalog does not know ({key}={value})"
    both = tuple(each for each in fitting if each in card.names)
    return both or card.names


def _takes_pods(node: Node) -> bool:
    conditions = _mapping(node.get("status")).get("conditions")
    for each in conditions if isinstance(conditions, list) else ():
        if _mapping(each).get("type") == "Ready" and _mapping(each).get("status") != "True":
            return False
    return not _mapping(node.get("spec")).get("unschedulable")


def _amounts(node: Node) -> dict[str, int]:
    """Whole numbers of what can be taken of the node, by resource."""
    free = _mapping(_mapping(node.get("status")).get("allocatable"))
    return {
        str(name): int(str(value))
        for name, value in free.items()
        if "/" in str(name) and re.fullmatch(r"\d{1,6}", str(value))
    }


def _labels(node: Node) -> dict[str, str]:
    labels = _mapping(_mapping(node.get("metadata")).get("labels"))
    return {str(key): str(value) for key, value in labels.items()}


def _tolerations(node: Node, resource: str) -> tuple[Mapping[str, str], ...]:
    """For the node's taints; for that of the resource the chart has one."""
    taints = _mapping(node.get("spec")).get("taints")
    found = []
    for each in map(_mapping, taints if isinstance(taints, list) else ()):
        key = str(each.get("key", ""))
        if key in ("", resource) or key.startswith(_NOT_FOR_PODS):
            continue
        if each.get("effect") == "PreferNoSchedule":
            continue
        value = str(each.get("value") or "")
        how = {"operator": "Equal", "value": value} if value else {"operator": "Exists"}
        found.append(_Frozen({"key": key, **how, "effect": str(each.get("effect", ""))}))
    return tuple(sorted(found, key=str))


class _Frozen(dict[str, Any]):
    """Written once: alike pools are counted by it."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(repr(self))


def _frozen(data: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return _Frozen(data) if data is not None else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _nodes(count: int) -> str:
    return f"{count} node{'s' * (count != 1)}"
