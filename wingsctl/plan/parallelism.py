"""How a model is split over devices, and the arithmetic that must hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.profile import Profile
from wingsctl.documents import KeyPath
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.draft import Draft
from wingsctl.plan.splits import Splits

_TENSOR = "rule: accelerators per pod"
_LEFT = "rule: what the other sizes leave"
_SHARE = ".shared"
"""How NVIDIA's device plugin renames a resource that it shares by time slicing or MPS."""
_NAMED = 2  # obstacles and ways that a message names


def resolve_parallel(
    draft: Draft, profile: Profile, engine: EngineProfile, splits: Splits | None = None
) -> Parallel:
    """Sizes from the profile, or by rule; problems where they do not multiply up.

    What is not written is chosen so that the engine loads the model, where `splits` says how.
    """
    count, nodes = profile.accelerator.count, profile.nodes
    world, sizes = count * nodes, profile.parallelism
    usual = _usual(profile, engine)
    chosen, reason = _loadable(draft, usual, profile, engine, splits)
    data = draft.take("parallelism.data", sizes.data, 1, "rule: one copy of the weights")
    tensor = draft.take("parallelism.tensor", sizes.tensor, chosen.tensor, reason or _TENSOR)
    pipeline = draft.take(
        "parallelism.pipeline",
        sizes.pipeline,
        chosen.pipeline,
        f"rule: {world} devices / tensor {tensor}" + (f" / data {data}" if data > 1 else ""),
    )
    expert = draft.take(
        "parallelism.expert",
        sizes.expert,
        chosen.expert,
        reason if chosen.expert > 1 else "rule: experts are not spread",
    )
    parallel = Parallel(tensor, pipeline, data, expert, world)
    if reason not in ("", _LEFT):
        draft.warn(
            ("accelerator",),
            f"{reason.removeprefix('rule: ')}; so it is {_named(parallel)}",
            "write parallelism to choose, or another accelerator.count",
        )
    if _check_product(draft, parallel, engine, f"{count} per pod x {nodes} nodes") and nodes > 1:
        _check_nodes(draft, parallel, engine, count)
    _check_partition(draft, profile, tensor)
    return parallel


def _usual(profile: Profile, engine: EngineProfile) -> Parallel:
    """What is written, and else the accelerators per pod and one stage per node."""
    sizes, count = profile.parallelism, profile.accelerator.count
    return _sizes(profile, engine, sizes.tensor or count, sizes.expert or 1)


def _sizes(profile: Profile, engine: EngineProfile, tensor: int, expert: int) -> Parallel:
    """With the pipeline parallel size that is written, or else takes what is left."""
    sizes, world = profile.parallelism, profile.accelerator.count * profile.nodes
    data = sizes.data or 1
    ranks = tensor if engine.parallel.data_inside_tensor else tensor * data
    return Parallel(tensor, sizes.pipeline or max(1, world // ranks), data, expert, world)


def _loadable(
    draft: Draft,
    usual: Parallel,
    profile: Profile,
    engine: EngineProfile,
    splits: Splits | None,
) -> tuple[Parallel, str]:
    """The first split that uses all accelerators and loads, and why it is not the usual one."""
    if splits is None or draft.is_written("parallelism", "tensor"):
        return usual, ""
    obstacles = splits.obstacles(usual)
    if not obstacles and _is_full(usual, engine):
        return usual, ""
    others = (each for each in _others(profile, engine, splits) if _is_full(each, engine))
    found = next((each for each in others if splits.loads(each)), usual)
    if found == usual:
        return usual, ""
    return found, f"rule: {obstacles[0]}" if obstacles else _LEFT


def _others(profile: Profile, engine: EngineProfile, splits: Splits) -> Iterator[Parallel]:
    """Whole experts on each rank first, then fewer ranks for each layer, most of them first."""
    count, written = profile.accelerator.count, profile.parallelism.expert
    if written is None and splits.has_experts and count > 1:
        yield _sizes(profile, engine, count, count)
    for tensor in range(count, 0, -1):
        if count % tensor == 0:
            yield _sizes(profile, engine, tensor, written or 1)


def _is_full(size: Parallel, engine: EngineProfile) -> bool:
    """Whether it uses all accelerators, each once."""
    data = 1 if engine.parallel.data_inside_tensor else size.data
    return size.tensor * size.pipeline * data == size.world


def _check_product(draft: Draft, size: Parallel, engine: EngineProfile, world: str) -> bool:
    """Whether the sizes multiply up to the accelerators; problems where anything does not."""
    inside = engine.parallel.data_inside_tensor
    product = size.tensor * size.pipeline * (1 if inside else size.data)
    if product != size.world:
        parts = f"tensor {size.tensor} x pipeline {size.pipeline}"
        parts += "" if inside or size.data == 1 else f" x data {size.data}"
        draft.refuse(
            ("parallelism",) if draft.is_written("parallelism") else ("accelerator",),
            f"{parts} = {product} ranks, but there are {size.world} accelerators ({world})",
            "change parallelism, accelerator.count or nodes so that both are equal",
        )
    if inside and size.tensor % size.data:
        draft.refuse(
            ("parallelism", "data"),
            f"{engine.title} carves data parallel ranks out of tensor parallel ones: "
            f"{size.tensor} is not a multiple of {size.data}",
            "change parallelism.data or parallelism.tensor",
        )
    if engine.parallel.expert == "size" and size.tensor % size.expert:
        draft.refuse(
            ("parallelism", "expert"),
            f"tensor {size.tensor} is not a multiple of expert {size.expert}",
            "change parallelism.expert or parallelism.tensor",
        )
    return product == size.world


def _check_nodes(draft: Draft, size: Parallel, engine: EngineProfile, count: int) -> None:
    """Ranks that belong together fill whole nodes, or share one evenly."""
    copies = not engine.parallel.data_inside_tensor and size.data > 1
    together = {"tensor": size.tensor}
    if copies:
        together["tensor x pipeline"] = size.tensor * size.pipeline
    for name, ranks in together.items():
        if ranks % count and count % ranks:
            draft.refuse(
                ("parallelism",) if draft.is_written("parallelism") else ("accelerator",),
                f"{name} {ranks} over {count} accelerators per pod: neither is a multiple of the "
                "other, so that some nodes would hold parts of two copies",
                f"make {name} a divisor or a multiple of {count}",
            )
            return
    if size.tensor > count:
        draft.warn(
            ("parallelism",) if draft.is_written("parallelism") else ("accelerator",),
            f"tensor parallel {size.tensor} spans {size.tensor // count} nodes: each layer waits "
            "for the network between them",
            f"over anything slower than RDMA tensor {count} with pipeline parallel is faster",
        )


def _check_partition(draft: Draft, profile: Profile, tensor: int) -> None:
    """Parts of cards: NCCL links neither MIG devices nor one card with itself."""
    resource, count = profile.accelerator.resource or "", profile.accelerator.count
    if tensor > 1 and "/mig-" in resource:
        draft.refuse(
            ("accelerator", "resource"),
            f"MIG devices cannot exchange data: tensor parallel {tensor} over {resource} fails",
            "use one MIG device per pod (accelerator.count: 1) or whole cards",
        )
    elif count > 1 and resource.endswith(_SHARE):
        draft.refuse(
            ("accelerator", "resource"),
            f"{count} shares of {resource} may be of one card, which ranks cannot use together",
            "use one share per pod (accelerator.count: 1) or whole cards",
        )


def check_split(draft: Draft, size: Parallel, splits: Splits) -> None:
    """Refuse a split that the engine does not load; warn of stages of unequal size."""
    path = _place(draft, size)
    obstacles = splits.obstacles(size)
    if obstacles:
        where, why = f"{splits.engine.title} {splits.version}", "; ".join(obstacles[:_NAMED])
        draft.refuse(path, f"{where} does not load the model so: {why}", _ways(size, splits))
    layers = len(splits.model.layers)
    if layers % size.pipeline and size.pipeline < layers:
        draft.warn(
            ("parallelism",) if draft.is_written("parallelism") else path,
            f"{layers} layers over pipeline parallel {size.pipeline}: stages of unequal size, "
            "the largest one decides the memory",
        )


def _place(draft: Draft, size: Parallel) -> KeyPath:
    """The size that is written, and else the number of accelerators."""
    keys = ["expert"] if size.expert > 1 else []
    written = [
        each for each in ("tensor", *keys, "pipeline") if draft.is_written("parallelism", each)
    ]
    return ("parallelism", written[0]) if written else ("accelerator",)


def _ways(size: Parallel, splits: Splits) -> str:
    """Sizes for these accelerators that load, or else other numbers of accelerators."""
    found = list(dict.fromkeys(_shown(each) for each in _same_world(size, splits)))
    if found:
        return f"what works here: {'; '.join(found[:_NAMED])}"
    counts = [n for n in range(size.world, 0, -1) if splits.loads(_alone(n))]
    return f"numbers of accelerators that work: {', '.join(map(str, counts[:4]))}" if counts else ""


def _alone(tensor: int) -> Parallel:
    return Parallel(tensor, 1, 1, 1, tensor)


def _same_world(size: Parallel, splits: Splits) -> Iterator[Parallel]:
    data = 1 if splits.engine.parallel.data_inside_tensor else size.data
    ranks = max(1, size.world // data)
    for tensor in range(ranks, 0, -1):
        if ranks % tensor == 0:
            plain = replace(size, tensor=tensor, pipeline=ranks // tensor, expert=1)
            spread = replace(plain, expert=tensor) if splits.has_experts else plain
            yield from (each for each in (plain, spread) if splits.loads(each))


def _named(size: Parallel) -> str:
    shown = f"tensor parallel {size.tensor} with pipeline parallel {size.pipeline}"
    return shown + (" and whole experts on each rank" if size.expert > 1 else "")


def _shown(found: Parallel) -> str:
    keys = {
        "tensor": found.tensor, "pipeline": found.pipeline, "data": found.data,
        "expert": found.expert,
    }  # fmt: skip
    usual = {"pipeline": 1, "data": 1, "expert": 1}
    shown = [f"{key}: {value}" for key, value in keys.items() if value != usual.get(key)]
    return f"parallelism: {{{', '.join(shown)}}}"
