"""CPU, memory, disk and devices of the two containers."""

from __future__ import annotations

import math
from typing import Any

from wingsctl.catalog.base import quantity_value
from wingsctl.catalog.container import Resources
from wingsctl.catalog.fabric import FabricFacts
from wingsctl.catalog.profile import Profile
from wingsctl.plan.draft import Draft
from wingsctl.plan.host_use import disk_volumes_gib, in_memory_volumes_gib
from wingsctl.plan.pod_load import PodLoad, check_host_memory

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
    draft: Draft, profile: Profile, load: PodLoad, devices: dict[str, int]
) -> dict[str, Any]:
    """The engine's resources; `devices` are extended resources, in requests and limits.

    Memory: the pod's share of the weights passes through host memory while they load,
    so the request is 8 GiB plus their size and the limit twice that; what arguments and
    variables keep there comes on top of both. Disk: scratch, a hub cache, and what they keep on
    the node's disk.
    """
    check_host_memory(draft, profile, load)
    request, limit = _memory_gib(profile, load)
    disk_gib = load.cache_gib + math.ceil(load.needs.disk + disk_volumes_gib(profile))
    # A size that nothing but the cards bounds is no reason to keep a pod from being scheduled.
    reserved = 0 if load.host.size.basis == "cards" else load.cache_gib
    defaults: dict[str, dict[str, Any]] = {
        "requests": {
            "cpu": str(2 * load.ranks), "memory": f"{request}Gi",
            "ephemeral-storage": f"{SCRATCH_GIB + reserved}Gi",
        },
        "limits": {
            "memory": f"{limit}Gi", "ephemeral-storage": f"{2 * SCRATCH_GIB + disk_gib}Gi",
        },
    }  # fmt: skip
    rules = {
        "cpu": "rule: 2 for each engine process; no limit, for throttling stalls the engine",
        "memory": _memory_rule(profile, load),
        "ephemeral-storage": f"rule: {SCRATCH_GIB} GiB of scratch (limit twice that) + hub cache"
        + (" + own volumes and caches" if disk_gib > load.cache_gib else ""),
    }
    resources = _filled(draft, "engine.resources", profile.engine.resources, defaults, rules)
    _warn_of_open_volumes(draft, profile, load)
    for name, count in devices.items():
        _add_device(draft, resources, name, count)
    return resources


def _memory_gib(profile: Profile, load: PodLoad) -> tuple[int, int]:
    """Request and limit; the limit also holds a process per rank, /dev/shm and own volumes."""
    weights, held = math.ceil(load.weights_gib), math.ceil(load.needs.memory)
    plain = HOST_BASE_GIB + weights
    extra = held + math.ceil(in_memory_volumes_gib(profile))
    limit = max(2 * plain, math.ceil(load.crowded_gib + load.own_cache_gib)) + extra
    # See above: what the cards hold bounds the limit alone.
    least = HOST_BASE_GIB if load.host.size.basis == "cards" else plain
    return least + held, limit


def _memory_rule(profile: Profile, load: PodLoad) -> str:
    held = "".join(f" + {words}" for words in load.needs.words if "disk" not in words)
    volumes = in_memory_volumes_gib(profile)
    held += f" + {volumes:.4g} GiB of volumes in memory (limit)" if volumes else ""
    if load.host.size.basis == "cards":
        return f"rule: {HOST_BASE_GIB} GiB, limit twice (that + assumed weights){held}"
    if load.crowded_gib > 2 * (HOST_BASE_GIB + math.ceil(load.weights_gib)):
        limit = f"limit {load.process_gib} GiB x {load.ranks} processes + weights + /dev/shm"
    else:
        limit = "limit twice that"
    return f"rule: {HOST_BASE_GIB} GiB + weights, {limit}{held}"


def _warn_of_open_volumes(draft: Draft, profile: Profile, load: PodLoad) -> None:
    """A volume on the node's disk without a size counts against the container's limit."""
    written = "ephemeral-storage" in profile.engine.resources.limits
    for index, volume in enumerate(profile.pod.volumes):
        empty = volume.get("emptyDir")
        if written or load.needs.disk or not isinstance(empty, dict) or "name" not in volume:
            continue
        if empty.get("sizeLimit") is None and empty.get("medium") != "Memory":
            draft.warn(
                ("pod", "volumes", index),
                f"{volume.get('name')} has no sizeLimit: what is written to it counts against the "
                "engine's limit of ephemeral-storage, and the pod is evicted beyond that",
                "write emptyDir.sizeLimit (the limit grows with it), or "
                "engine.resources.limits.ephemeral-storage",
            )


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
