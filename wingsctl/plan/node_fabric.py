"""Which fabric of the catalog a node's RDMA devices belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wingsctl.catalog.fabric import FabricProfile

_IB = ("_ib", "/ib", "infiniband")
_FAST = ("rdma", "/efa", "mlnx", "hca")
"""Words in the names of resources for fast networks."""
_SHARED = "rdma/"
"""Resources of the RDMA shared device plugin; their last part is the site's."""


def fabric_of(
    amounts: Mapping[str, int], fabrics: Sequence[FabricProfile]
) -> Mapping[str, Any] | None:
    """The `fabric` of a profile by the node's allocatable resources; None without RDMA.

    How many devices a pod gets stays the catalog's: each takes a network of its own, whose
    names only the site knows.
    """
    by_resource = {each.rdma.resource: each.name for each in fabrics if each.rdma}
    for resource, name in by_resource.items():
        if amounts.get(resource):
            return {"name": name}
    for resource in sorted(each for each in amounts if each.startswith(_SHARED)):
        is_infiniband = any(word in resource.lower() for word in _IB)
        name = "infiniband" if is_infiniband else "roce-shared-device"
        return {"name": name, "rdma": {"resource": resource}}
    return None


def foreign_network(amounts: Mapping[str, int], fabrics: Sequence[FabricProfile]) -> str:
    """A resource of a fast network that no fabric of the catalog takes; empty without any."""
    if fabric_of(amounts, fabrics) is not None:
        return ""
    return next((name for name in sorted(amounts) if any(each in name for each in _FAST)), "")
