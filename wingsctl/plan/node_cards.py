"""Which card of the catalog a node has: by the labels of its vendor, then by those of clouds.

A label names the card only where the catalog has that value, or where a product's name holds
the card's own (AMD_Instinct_MI300X_OAM). Cards that share a device of the same label stay
several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wingsctl.catalog.accelerator import AcceleratorProfile

Labels = Mapping[str, str]
NVIDIA_PRODUCT = "nvidia.com/gpu.product"
PRODUCT_NAMES = ("amd.com/gpu.product-name", "beta.amd.com/gpu.product-name")
"""Of the node labeller of ROCm/k8s-device-plugin."""
GKE = "cloud.google.com/gke-accelerator"
"""Google Kubernetes Engine: nvidia-l4, and nvidia-tesla-t4 for what came before."""
KARPENTER = ("karpenter.k8s.aws/instance-gpu-manufacturer", "karpenter.k8s.aws/instance-gpu-name")
"""Karpenter on AWS: nvidia and l40s."""
_PART = re.compile(r"-(SHARED|MIG-[\w.]+)$")
"""What NVIDIA's discovery appends: time slicing, and MIG where every slice is alike."""


@dataclass(frozen=True)
class NodeCard:
    """Names of the catalog for the card of a node, and the label they are from."""

    names: tuple[str, ...]
    label: tuple[str, str]
    part: str = ""
    """The ending of a card that is shared or sliced under its own resource name."""
    is_nodes_own: bool = True
    """Whether the label is the one by which a chart chooses nodes for this card."""


def card_of(labels: Labels, cards: Sequence[AcceleratorProfile]) -> NodeCard | None:
    """The card that the labels name; `names` is empty where the catalog does not know it."""
    found = [*_by_own_label(labels, cards), *_by_product(labels, cards), *_by_cloud(labels, cards)]
    known = [each for each in found if each.names]
    return next(iter([*known, *found]), None)


def _by_own_label(labels: Labels, cards: Sequence[AcceleratorProfile]) -> Iterator[NodeCard]:
    keys = dict.fromkeys(card.node_label.key for card in cards if card.node_label)
    for key in (each for each in keys if each in labels):
        value = labels[key]
        part = _PART.search(value) if key == NVIDIA_PRODUCT else None
        whole = value[: part.start()] if part else value
        names = tuple(
            card.name
            for card in cards
            if card.node_label and card.node_label.key == key and whole in card.node_label.values
        )
        if names or key == NVIDIA_PRODUCT:
            yield NodeCard(names, (key, value), part[1] if part else "", not part)


def _by_product(labels: Labels, cards: Sequence[AcceleratorProfile]) -> Iterator[NodeCard]:
    """By a word of the product's name, such as MI300X."""
    for key in (each for each in PRODUCT_NAMES if each in labels):
        words = re.split(r"[^a-z0-9]+", labels[key].lower())
        names = tuple(
            card.name
            for card in cards
            if card.vendor == "amd" and card.name.rsplit("-", 1)[-1] in words
        )
        yield NodeCard(names, (key, labels[key]), is_nodes_own=False)


def _by_cloud(labels: Labels, cards: Sequence[AcceleratorProfile]) -> Iterator[NodeCard]:
    """Only where the cloud's word is the catalog's: `a100` leaves the memory open."""
    known = {card.name for card in cards}
    maker, model = (labels.get(key, "") for key in KARPENTER)
    named = [(GKE, labels.get(GKE, "")), (KARPENTER[1], f"{maker}-{model}" if model else "")]
    for key, word in named:
        if word:
            name = word.replace("-tesla-", "-")
            yield NodeCard((name,) if name in known else (), (key, labels[key]), is_nodes_own=False)
