"""A container's resources -> devices, RDMA devices, and engine.resources."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields

DEVICES = ("nvidia.com/", "amd.com/gpu", "gpu.intel.com/", "habana.ai/gaudi", "huawei.com/Ascend",
           "intel.com/gpu", "huawei.com/npu")  # fmt: skip
"""Starts of the extended resources of accelerators."""
_RDMA = ("rdma/", "mellanox.com/", "vpc.amazonaws.com/efa", "openshift.io/")


def read_resources(conversion: Conversion, resources: Fields) -> None:
    """Requests and limits of the engine's container; `limits` first, for devices stand there."""
    for kind in ("limits", "requests"):
        for name, value in resources.entries(kind):
            if name.startswith(DEVICES):
                _read_device(conversion, name, value)
            elif name.startswith(_RDMA):
                _read_rdma(conversion, name, value)
            else:
                key = ("engine", "resources", kind, name)
                conversion.carry(value, key, value.text())
    for claim in resources.items("claims"):
        claim.dropped("claims of dynamic resources have no key", "use a device plugin's resource")


def _read_device(conversion: Conversion, name: str, value: Fields) -> None:
    workload, count = conversion.workload, value.number()
    if not count:
        value.implied("no device")
    elif workload.devices in (None, count) and workload.resource in ("", name):
        workload.devices, workload.resource = count, name
        value.changed("accelerator.count", "a number of devices per pod")
    else:
        value.dropped("another number or kind of devices", "check accelerator.count")


def _read_rdma(conversion: Conversion, name: str, value: Fields) -> None:
    known = conversion.draft.get("fabric.rdma.resource")
    if known not in (None, name):
        value.dropped("a second kind of RDMA device", "keep one in fabric.rdma")
        return
    conversion.draft.put("fabric.rdma.resource", name)
    conversion.draft.put("fabric.rdma.count", value.number() or 1)
    value.changed("fabric.rdma", "its name and number")
