"""CPU, memory, disk and devices of the two containers."""

from __future__ import annotations

import math
from typing import Any

from wingsctl.catalog.base import quantity_value
from wingsctl.catalog.container import Resources
from wingsctl.catalog.fabric import FabricFacts
from wingsctl.plan.draft import Draft

_GIB = 2**30
HOST_BASE_GIB = 8
"""Host memory of an engine beside the weights: Python, CUDA context, pinned buffers."""
SCRATCH_GIB = 4
"""Compile caches and temporary files of an engine."""
GATEWAY = {
    "requests": {"cpu": "250m", "memory": "256Mi", "ephemeral-storage": "64Mi"},
    "limits": {"memory": "1Gi", "ephemeral-storage": "256Mi"},
}


def resolve_gateway_resources(draft: Draft, written: Resources) -> dict[str, Any]:
    """The gateway's resources: what is written, and defaults for what is not."""
    return _filled(draft, "gateway.resources", written, GATEWAY, {})


def resolve_door_resources(draft: Draft, written: Resources) -> dict[str, Any]:
    """The same for the front door, which keeps up to 256 MiB of requests that it holds."""
    return _filled(draft, "frontDoor.resources", written, GATEWAY, {})


def resolve_engine_resources(
    draft: Draft,
    written: Resources,
    weights_gib: float | None,
    cache_gib: int,
    devices: dict[str, int],
    tensor: int,
) -> dict[str, Any]:
    """The engine's resources; `devices` are extended resources, in requests and limits.

    Memory: the pod's share of the weights passes through host memory while they load,
    so the request is 8 GiB plus their size and the limit twice that. Disk: scratch and a hub cache.
    """
    memory = HOST_BASE_GIB + math.ceil(weights_gib or HOST_BASE_GIB)
    disk = f"{SCRATCH_GIB + cache_gib}Gi"
    defaults: dict[str, dict[str, Any]] = {
        "requests": {
            "cpu": str(2 * tensor), "memory": f"{memory}Gi", "ephemeral-storage": disk,
        },
        "limits": {
            "memory": f"{2 * memory}Gi", "ephemeral-storage": f"{2 * SCRATCH_GIB + cache_gib}Gi",
        },
    }  # fmt: skip
    rules = {
        "cpu": "rule: 2 per tensor parallel rank; no limit, for throttling stalls the engine",
        "memory": f"rule: {HOST_BASE_GIB} GiB + weights, limit twice that",
        "ephemeral-storage": f"rule: {SCRATCH_GIB} GiB of scratch (limit twice that) + hub cache",
    }
    resources = _filled(draft, "engine.resources", written, defaults, rules)
    for name, count in devices.items():
        _add_device(draft, resources, name, count)
    return resources


def _filled(
    draft: Draft,
    key: str,
    written: Resources,
    defaults: dict[str, dict[str, Any]],
    rules: dict[str, str],
) -> dict[str, Any]:
    given = {"requests": dict(written.requests), "limits": dict(written.limits)}
    for side, names in defaults.items():
        for name, value in names.items():
            given[side].setdefault(name, _between(given, side, name, value))
    for side, names in given.items():
        for name, value in names.items():
            is_written = draft.is_written(*key.split("."), side, name)
            source = (
                draft.line(*key.split("."), side, name)
                if is_written
                else rules.get(name, "default")
            )
            draft.decide(f"{key}.{side}.{name}", value, source)
    _check_order(draft, key, given)
    return given


def _between(given: dict[str, dict[str, Any]], side: str, name: str, default: Any) -> Any:
    """A default that does not contradict what is written on the other side."""
    other = given["limits" if side == "requests" else "requests"].get(name)
    if other is None:
        return default
    too_low = quantity_value(default) < quantity_value(other)
    return other if (side == "limits") == too_low else default


def _check_order(draft: Draft, key: str, given: dict[str, dict[str, Any]]) -> None:
    for name, request in given["requests"].items():
        limit = given["limits"].get(name)
        if limit is not None and quantity_value(request) > quantity_value(limit):
            draft.refuse(
                (*key.split("."), "requests", name),
                f"asks for {request}, above its limit {limit}",
                "lower the request, or raise the limit",
            )


def _add_device(draft: Draft, resources: dict[str, Any], name: str, count: int) -> None:
    for side in ("requests", "limits"):
        written = resources[side].get(name)
        if written is not None and quantity_value(written) != count:
            draft.refuse(
                ("engine", "resources", side, name),
                f"says {written}, but accelerator and fabric make it {count}",
                "leave it out: the device resources follow from accelerator.count and fabric",
            )
        resources[side][name] = count
        draft.decide(f"engine.resources.{side}.{name}", count, "accelerator and fabric")


def fabric_devices(fabric: FabricFacts | None) -> dict[str, int]:
    """The extended resources that a fabric adds to every pod."""
    return {fabric.rdma.resource: fabric.rdma.count} if fabric and fabric.rdma else {}
