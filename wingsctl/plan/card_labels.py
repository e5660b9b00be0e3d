"""Which card of the catalog one label of a node names: a vendor's, a cloud's, a kind of machine.

A label names a card only where the catalog has that value, where a product's name holds the
card's own (AMD_Instinct_MI300X_OAM), or where a cloud's page says what its word stands for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wingsctl.catalog.accelerator import AcceleratorProfile

NVIDIA_PRODUCT = "nvidia.com/gpu.product"
PRODUCT_NAMES = ("amd.com/gpu.product-name", "beta.amd.com/gpu.product-name")
"""Of the node labeller of ROCm/k8s-device-plugin."""
GKE = "cloud.google.com/gke-accelerator"
KARPENTER = "karpenter.k8s.aws/instance-gpu-name"
"""Karpenter on AWS: l40s, without the maker."""
MACHINES = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type",
            "karpenter.k8s.aws/instance-family", "cloud.google.com/machine-family")  # fmt: skip
_GKE_CARDS = {
    "nvidia-tesla-t4": "nvidia-t4",
    "nvidia-tesla-v100": "nvidia-v100-16gb",
    "nvidia-tesla-a100": "nvidia-a100-40gb",
    "nvidia-a100-80gb": "nvidia-a100-80gb",
    "nvidia-l4": "nvidia-l4",
    "nvidia-h100-80gb": "nvidia-h100",
    "nvidia-h100-mega-80gb": "nvidia-h100",
    "nvidia-h200-141gb": "nvidia-h200",
    "nvidia-b200": "nvidia-b200",
    "nvidia-gb200": "nvidia-gb200",
    "nvidia-rtx-pro-6000": "nvidia-rtx-pro-6000",
}
"""cloud.google.com/compute/docs/gpus"""
_MACHINE_CARDS = (
    (r"g4dn\.", "nvidia-t4"),
    (r"g5\.", "nvidia-a10g"),
    (r"g6e\.", "nvidia-l40s"),
    (r"(g6|gr6)\.", "nvidia-l4"),
    (r"p3dn\.", "nvidia-v100-32gb"),
    (r"p3\.", "nvidia-v100-16gb"),
    (r"p4de\.", "nvidia-a100-80gb"),
    (r"p4d\.", "nvidia-a100-40gb"),
    (r"p5\.", "nvidia-h100"),
    (r"p5en?\.", "nvidia-h200"),
    (r"p6-b200\.", "nvidia-b200"),
    (r"g2-standard-", "nvidia-l4"),
    (r"a2-ultragpu-", "nvidia-a100-80gb"),
    (r"a2-(highgpu|megagpu)-", "nvidia-a100-40gb"),
    (r"a3-(highgpu|megagpu|edgegpu)-", "nvidia-h100"),
    (r"a3-ultragpu-", "nvidia-h200"),
    (r"a4-highgpu-", "nvidia-b200"),
    (r"Standard_NC\d+as_T4_v3", "nvidia-t4"),
    (r"Standard_NC\d+ads_A100_v4", "nvidia-a100-80gb"),
    (r"Standard_ND\d+amsr_A100_v4", "nvidia-a100-80gb"),
    (r"Standard_ND\d+asr_v4", "nvidia-a100-40gb"),
    (r"Standard_NV(36|72)ad[a-z]*_A10_v5", "nvidia-a10"),
    (r"Standard_NC\d+ad[a-z]*_H100_v5", "nvidia-h100-nvl"),
    (r"Standard_ND\d+isr_H100_v5", "nvidia-h100"),
    (r"Standard_ND\d+isr_H200_v5", "nvidia-h200"),
    (r"Standard_ND\d+isr_MI300X_v5", "amd-mi300x"),
)
"""Starts of the names of machines (the clouds' lists of machine types); those with a part of a
card, such as Standard_NV6ads_A10_v5, are left out."""
_PART = re.compile(r"(-SHARED|-MIG-[\w.]+)+$")
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


def card_of_label(key: str, value: str, cards: Sequence[AcceleratorProfile]) -> NodeCard | None:
    """The card; `names` is empty where the catalog lacks it, None where the label names none."""
    own = [each for each in cards if each.node_label and each.node_label.key == key]
    if own or key == NVIDIA_PRODUCT:
        return _by_own_label(key, value, own)
    if key in PRODUCT_NAMES:
        words = re.split(r"[^a-z0-9]+", value.lower())
        found = [each.name for each in cards if each.vendor == "amd" and _last(each.name) in words]
        return NodeCard(tuple(found), (key, value), is_nodes_own=False)
    name = _cloud_card(key, value)
    if name is None:
        return None
    names = tuple(each.name for each in cards if each.name == name)
    return NodeCard(names, (key, value), is_nodes_own=False)


def _by_own_label(key: str, value: str, cards: Sequence[AcceleratorProfile]) -> NodeCard | None:
    """Cards that share a value of their label stay several."""
    part = _PART.search(value) if key == NVIDIA_PRODUCT else None
    whole = value[: part.start()] if part else value
    names = tuple(
        each.name for each in cards if each.node_label and whole in each.node_label.values
    )
    if not names and key != NVIDIA_PRODUCT:
        return None
    return NodeCard(names, (key, value), part[0][1:] if part else "", not part)


def _cloud_card(key: str, value: str) -> str | None:
    """The catalog's name as far as the label gives it; None for any other label."""
    if key == GKE:
        return _GKE_CARDS.get(value, value)
    if key == KARPENTER:
        return f"nvidia-{value}"
    if key not in MACHINES:
        return None
    machine = value if re.search(r"[._-]", value) else f"{value}."
    return next((name for start, name in _MACHINE_CARDS if re.match(start, machine)), None)


def _last(name: str) -> str:
    return name.rsplit("-", 1)[-1]
