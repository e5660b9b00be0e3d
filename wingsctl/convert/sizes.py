"""Devices per pod, pods per replica, and how the model is split over them."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion

_MOST_NODES = 512


def resolve_sizes(conversion: Conversion) -> None:
    """Makes accelerator.count, nodes and parallelism agree, as the input means them."""
    draft, workload = conversion.draft, conversion.workload
    if draft.get("accelerator.name") == "none":
        return
    world = _world(conversion)
    nodes = draft.get("nodes") or workload.group_size or 1
    count = workload.devices or max(1, world // nodes)
    if world > count * nodes and world % count == 0 and world // count <= _MOST_NODES:
        nodes = world // count
        _comment_nodes(conversion, nodes)
    elif _is_written(conversion) and world < count * nodes and world % nodes == 0:
        _fewer(conversion, count, world // nodes)
        count = world // nodes
    draft.remove("nodes")
    if nodes > 1:
        draft.put("nodes", nodes)
    if count > 1:
        draft.put("accelerator.count", count)
    _resource(conversion)
    if workload.spreads_experts:
        size = (draft.get("parallelism.tensor") or count) * (draft.get("parallelism.data") or 1)
        draft.put("parallelism.expert", max(2, size))


def _world(conversion: Conversion) -> int:
    """The ranks that the input's own sizes make."""
    draft, engine = conversion.draft, conversion.workload.engine
    inside = engine is not None and engine.parallel.data_inside_tensor
    names = ("tensor", "pipeline") if inside else ("tensor", "pipeline", "data")
    world = 1
    for name in names:
        world *= draft.get(f"parallelism.{name}") or 1
    return world


def _is_written(conversion: Conversion) -> bool:
    """Whether the sizes are the input's own; else wingsctl uses all devices."""
    return bool(conversion.draft.get("parallelism"))


def _comment_nodes(conversion: Conversion, nodes: int) -> None:
    conversion.draft.comment("nodes", f"pods of one replica: the sizes need {nodes}")


def _fewer(conversion: Conversion, count: int, used: int) -> None:
    note = f"the input asks for {count} devices, and its sizes use {used}"
    conversion.revise("accelerator.count", note, "write parallelism to use all of them")
    conversion.draft.comment("accelerator", note)


def _resource(conversion: Conversion) -> None:
    """The extended resource, where the catalog has another for the card."""
    name, resource = conversion.draft.get("accelerator.name"), conversion.workload.resource
    entry = conversion.catalog.accelerator(name)
    if resource and entry is not None and resource != entry.profile.resource:
        conversion.draft.put("accelerator.resource", resource)
