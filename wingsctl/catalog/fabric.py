"""The profile of a network between nodes."""

from __future__ import annotations

from typing import Literal

from wingsctl.catalog.base import Count, DnsLabel, EnvName, Model, ResourceName, Text

Capability = Literal["IPC_LOCK", "SYS_RESOURCE", "NET_RAW", "SYS_PTRACE", "SYS_NICE"]


class Rdma(Model):
    """An RDMA device, asked for as an extended resource."""

    resource: ResourceName
    """Extended resource of the device plugin, such as `rdma/hca_shared_devices_a`."""
    count: Count = 1
    """Devices per pod."""


class FabricFacts(Model):
    """What a fabric adds to every pod: networks, devices, environment, rights."""

    networks: list[str] = []
    """Multus networks, `name` or `namespace/name[@interface]`."""
    rdma: Rdma | None = None
    """RDMA devices of the pod."""
    env: dict[EnvName, Text] = {}
    """Variables of the engine, such as NCCL's."""
    host_network: bool = False
    """Use the node's network; no NetworkPolicy holds then."""
    capabilities: list[Capability] = []
    """Linux capabilities to add to the engine."""


class FabricProfile(FabricFacts):
    """A named fabric of the catalog."""

    name: DnsLabel
    title: str
    note: str = ""
