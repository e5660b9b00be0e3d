"""The profile of an accelerator card."""

from __future__ import annotations

from pydantic import Field

from wingsctl.catalog.base import DnsLabel, LabelKey, LabelValue, Model, ResourceName, Vendor


class NodeLabel(Model):
    """The node label by which the vendor's discovery names the card."""

    key: LabelKey
    values: list[LabelValue] = Field(min_length=1)


class AcceleratorProfile(Model):
    """One card: its memory, its extended resource and how its nodes are labelled.

    `memory_gib` is the size on the box; `usable_gib` what the driver reports, where
    it has been seen. With `unified_memory` the system and its page cache take their part
    of it. `compute_capability` is NVIDIA's, `family` groups cards that one image build serves.
    """

    name: DnsLabel
    title: str
    vendor: Vendor
    memory_gib: float = Field(gt=0)
    usable_gib: float | None = Field(default=None, gt=0)
    unified_memory: bool = False
    resource: ResourceName
    node_label: NodeLabel | None = None
    compute_capability: float | None = None
    family: str = ""
    interconnect: str = ""
    note: str = ""
    source: str = ""
