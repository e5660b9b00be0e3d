"""How a model is split over devices, and the arithmetic that must hold."""

from __future__ import annotations

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.profile import Profile
from wingsctl.models.architecture import Model
from wingsctl.models.matrices import VOCABULARY_PADDING
from wingsctl.models.shape import attention_heads, key_value_heads
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.draft import Draft


def resolve_parallel(draft: Draft, profile: Profile, engine: EngineProfile) -> Parallel:
    """Sizes from the profile, or by rule; problems where they do not multiply up."""
    count, nodes = profile.accelerator.count, profile.nodes
    world, sizes = count * nodes, profile.parallelism
    data = draft.take("parallelism.data", sizes.data, 1, "rule: one copy of the weights")
    tensor = draft.take("parallelism.tensor", sizes.tensor, count, "rule: accelerators per pod")
    ranks = tensor if engine.parallel.data_inside_tensor else tensor * data
    pipeline = draft.take(
        "parallelism.pipeline",
        sizes.pipeline,
        max(1, world // ranks),
        f"rule: {world} devices / tensor {tensor}" + (f" / data {data}" if data > 1 else ""),
    )
    expert = draft.take("parallelism.expert", sizes.expert, 1, "rule: experts are not spread")
    parallel = Parallel(tensor, pipeline, data, expert, world)
    if _check_product(draft, parallel, engine, f"{count} per pod x {nodes} nodes") and nodes > 1:
        _check_nodes(draft, parallel, engine, count)
    _check_partition(draft, profile, tensor)
    return parallel


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
    resource = profile.accelerator.resource or ""
    if tensor > 1 and "/mig-" in resource:
        draft.refuse(
            ("accelerator", "resource"),
            f"MIG devices cannot exchange data: tensor parallel {tensor} over {resource} fails",
            "use one MIG device per pod (accelerator.count: 1) or whole cards",
        )


def check_split(draft: Draft, size: Parallel, model: Model) -> None:
    """Heads, KV heads, vocabulary and layers against the parallel sizes."""
    path = (
        ("parallelism", "tensor") if draft.is_written("parallelism", "tensor") else ("accelerator",)
    )
    fits = [tp for tp in range(1, size.world + 1) if _splits(model, tp) and size.world % tp == 0]
    hint = f"tensor sizes that work here: {', '.join(map(str, fits))}"
    undivided = [heads for heads in sorted(attention_heads(model)) if heads % size.tensor]
    if undivided:
        draft.refuse(
            path,
            f"{undivided[0]} attention heads cannot be split over tensor parallel {size.tensor}",
            hint,
        )
    elif not _splits(model, size.tensor):
        draft.refuse(
            path,
            f"{min(key_value_heads(model), default=1)} KV heads or a vocabulary of "
            f"{model.vocabulary} cannot "
            f"be split over tensor parallel {size.tensor}",
            hint,
        )
    _check_layers(draft, size, model)


def _splits(model: Model, tensor: int) -> bool:
    """Heads divide; KV heads divide or are repeated; the padded vocabulary divides."""
    vocabulary = -(-model.vocabulary // VOCABULARY_PADDING) * VOCABULARY_PADDING
    pairs = key_value_heads(model)
    return (
        not any(heads % tensor for heads in attention_heads(model))
        and all(each % tensor == 0 or tensor % each == 0 for each in pairs)
        and vocabulary % tensor == 0
    )


def _check_layers(draft: Draft, size: Parallel, model: Model) -> None:
    layers = len(model.layers)
    if size.pipeline > layers:
        draft.refuse(
            ("parallelism",),
            f"{layers} layers cannot be split over pipeline parallel {size.pipeline}",
            "raise parallelism.tensor, or use fewer accelerators",
        )
    elif layers % size.pipeline:
        draft.warn(
            ("parallelism",),
            f"{layers} layers over pipeline parallel {size.pipeline}: stages of unequal size, "
            "the largest one decides the memory",
        )
