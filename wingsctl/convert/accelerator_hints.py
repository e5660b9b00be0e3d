"""Labels, types of instances and names -> an accelerator of the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.catalog import Catalog

GKE = {
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
"""Values of cloud.google.com/gke-accelerator (cloud.google.com/compute/docs/gpus)."""

INSTANCES = (
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
    (r"Standard_NV\d+ad[a-z]*_A10_v5", "nvidia-a10"),
    (r"Standard_NC\d+ad[a-z]*_H100_v5", "nvidia-h100-nvl"),
    (r"Standard_ND\d+isr_H100_v5", "nvidia-h100"),
    (r"Standard_ND\d+isr_H200_v5", "nvidia-h200"),
    (r"Standard_ND\d+isr_MI300X_v5", "amd-mi300x"),
)
"""Starts of the names of instances (the clouds' own lists of machine types)."""
_VENDORS = {"nvidia", "amd", "intel", "huawei", "tesla", "gpu", "geforce", "generation", "nvl72"}
_TOKEN = re.compile(r"[a-z]+[0-9]+[a-z]*|[0-9]+gb|[a-z]+|[0-9]+")


def accelerator_of(catalog: Catalog, key: str, value: str) -> tuple[str, list[str]]:
    """The accelerator that a label or a name means; else the candidates, if there are some."""
    entries: list[AcceleratorProfile] = [entry.profile for entry in catalog.entries("accelerators")]
    product = re.sub(r"(-SHARED|-MIG-[0-9a-z.]+)+$", "", value)
    labelled = [
        each.name
        for each in entries
        if each.node_label and each.node_label.key == key and product in each.node_label.values
    ]
    if labelled:
        return (labelled[0], []) if len(labelled) == 1 else ("", labelled)
    if key == "cloud.google.com/gke-accelerator" and value in GKE:
        return GKE[value], []
    if "instance-type" in key or "machine-type" in key or "instance-family" in key:
        return _instance(value), []
    return _by_name(value, (each.name for each in entries))


def _instance(value: str) -> str:
    shown = value if "." in value or "-" in value or "_" in value else f"{value}."
    return next((name for start, name in INSTANCES if re.match(start, shown)), "")


def _by_name(value: str, names: Iterable[str]) -> tuple[str, list[str]]:
    """By the words in a name: `NVIDIA-A100-SXM4-80GB` holds those of nvidia-a100-80gb."""
    wanted = _words(value)
    known = {name: _words(name) for name in names}
    whole = [name for name, words in known.items() if words <= wanted]
    if whole:
        return max(whole, key=lambda name: (len(known[name]), -len(name))), []
    part = [name for name, words in known.items() if _chip(words) & wanted]
    return "", sorted(part)


def _words(text: str) -> set[str]:
    return set(_TOKEN.findall(text.lower())) - _VENDORS


def _chip(words: set[str]) -> set[str]:
    """The words that name a chip, and not its memory."""
    return {each for each in words if re.fullmatch(r"[a-z]+[0-9]+[a-z]*", each)}
