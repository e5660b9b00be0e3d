"""The profile of a network between nodes."""

from __future__ import annotations

from typing import Literal

from wingsctl.catalog.base import Count, DnsLabel, EnvName, Model, ResourceName, Text

Capability = Literal["IPC_LOCK", "SYS_RESOURCE", "NET_RAW", "SYS_PTRACE", "SYS_NICE"]


class Rdma(Model):
    """An RDMA device, asked for as an extended resource."""

    resource: ResourceName
    count: Count = 1


class FabricFacts(Model):
    """What a fabric adds to every pod: networks, devices, environment, rights."""

    networks: list[str] = []
    """Multus networks, `name` or `namespace/name[@interface]`."""
    rdma: Rdma | None = None
    env: dict[EnvName, Text] = {}
    host_network: bool = False
    capabilities: list[Capability] = []


class FabricProfile(FabricFacts):
    """A named fabric of the catalog."""

    name: DnsLabel
    title: str
    note: str = ""
