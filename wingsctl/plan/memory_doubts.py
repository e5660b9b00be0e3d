"""Why an estimate may be wrong, and by how much."""

from __future__ import annotations

from collections.abc import Iterator

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.models.architecture import Model
from wingsctl.models.shape import has_states, is_compressed, is_windowed, routed_experts
from wingsctl.plan.graph_memory import graphs_gib
from wingsctl.plan.image_memory import encoder_tokens, is_known_family
from wingsctl.plan.kv_cache import value_bytes_of
from wingsctl.plan.memory_request import (
    DEFAULT_LENGTH,
    USABLE_SHARE,
    MemoryRequest,
    Settings,
    settings_of,
)
from wingsctl.plan.memory_stages import activation_gib, budget_gib, tightest_stage

# What the cache is off by in logs (docs/reference/memory-errors.md): dense text models of a stated
# version within 0.35 GiB, one of 22 by 0.8; images of known families within 1.2; large models with
# narrow experts by 1.2 to 2.3; linear attention by up to 3.1.
BAND_GIB, UNKNOWN_BAND_GIB, NARROW_EXPERTS_GIB, WIDE_BAND_GIB = 0.75, 1.5, 2.5, 3.0
CONTEXT_GIB = 0.5  # of the driver, logged on an H100 before the engine measures
SYSTEM_SHARE = 0.17  # of memory shared with the card: 20.4 of 121.7 GiB of a GB10 at boot
# Beside the weights while an engine profiles a run, however small its budget: a GB10 had 112 of
# 119.6 GiB in use with weights of 48 and a share of 0.7, and hung; others took 17 to 23 more.
START_GIB = 64.0
SPARE_GIB, SPARE_FACTOR = 2.5, 0.4  # from two start-ups that failed after sizing


def band_gib(request: MemoryRequest) -> float:
    """GiB by which the estimate may be wrong, in either direction."""
    return max([BAND_GIB, *(band for _, band in doubts_of(request))])


def doubts_of(request: MemoryRequest) -> Iterator[tuple[str, float]]:
    """Each reason to doubt the estimate, and by how many GiB it may be wrong."""
    yield from _engine_doubts(request, settings_of(request))
    yield from _card_doubts(request.accelerator)
    yield from _attention_doubts(request.model, settings_of(request))
    yield from _run_doubts(request, settings_of(request))
    if request.formats.reason:
        yield request.formats.reason, BAND_GIB
    if value_bytes_of(request.kv_cache_type) is None:
        reason = f"the KV cache type {request.kv_cache_type!r} is unknown and counted as 16-bit"
        yield reason, UNKNOWN_BAND_GIB
    if not (request.max_length or request.model.positions):
        yield f"the model states no maximum length: {DEFAULT_LENGTH} is assumed", BAND_GIB


def system_lacks_gib(request: MemoryRequest) -> float:
    """What the engine's budget takes of the system's part, where both use the same memory."""
    if not request.accelerator.unified_memory:
        return 0.0
    settings = settings_of(request)
    free = settings.usable_gib * (1 - SYSTEM_SHARE)
    return max(0.0, budget_gib(request, settings) - free)


def may_not_start(request: MemoryRequest) -> bool:
    """Whether the engine may refuse to start, as less is free than its budget.

    Engines that take a fraction of what they find free do not compare.
    """
    return settings_of(request).row.pool == "remainder" and system_lacks_gib(request) > 0


def may_starve_system(request: MemoryRequest) -> bool:
    """Whether a run that the engine profiles when it starts may take the system's part.

    Only a limit of PyTorch's allocator bounds that run; the engine's budget does not.
    """
    settings = settings_of(request)
    if not request.accelerator.unified_memory or settings.row.pool != "remainder":
        return False
    share, most = 1 - SYSTEM_SHARE, tightest_stage(request).weights.gib + START_GIB
    is_bounded = (request.allocator_share or 1.0) <= share
    return not is_bounded and most > settings.usable_gib * share


def may_fail_after_sizing(request: MemoryRequest) -> bool:
    """Whether the run after sizing may take more than is free beside the budget.

    Known of MXFP4 alone: two of three logged starts ran out of memory with a share of 0.95,
    where graphs and one more full run do not fit beside it; the third, with 0.9, did not.
    """
    settings, layers = settings_of(request), range(len(request.model.layers))
    is_mxfp4 = request.formats.formats.method == "mxfp4"
    if not is_mxfp4 or settings.row.pool == "fraction" or settings.row.graphs_inside:
        return False
    needs = graphs_gib(request, settings, layers) + activation_gib(request, settings, layers)
    return settings.usable_gib * (1 - settings.utilization) - CONTEXT_GIB < needs


def _engine_doubts(request: MemoryRequest, settings: Settings) -> Iterator[tuple[str, float]]:
    name = f"{request.engine} {request.version or '(version unknown)'}"
    if request.row is None or request.version is None:
        yield f"no memory constants are known for {name}", UNKNOWN_BAND_GIB
    elif not request.row.measured:
        yield f"no log confirms the memory constants of {name}", UNKNOWN_BAND_GIB
    if settings.row.pool == "remainder" and request.max_requests is None:
        reason = f"the number of concurrent requests is not set: {settings.requests} is assumed"
        yield reason, UNKNOWN_BAND_GIB
    if request.utilization is None and settings.row.utilization is None:
        reason = f"the memory fraction is not set: {settings.utilization:.3f} is computed"
        yield reason, UNKNOWN_BAND_GIB
    if (spare := _spare_gib(request, settings)) is not None:
        yield f"only {spare:.1f} GiB stay free for graphs and the first full batches", BAND_GIB


def _spare_gib(request: MemoryRequest, settings: Settings) -> float | None:
    """What stays free beside the budget, if that is so little that start-ups have failed.

    A note, no more: it caught both failures after sizing that are known, and as many as
    half of the good runs. Engines that count graphs beforehand do not need it.
    """
    row = settings.row
    if row.pool == "fraction" or row.graphs_inside:
        return None
    peak = activation_gib(request, settings, range(len(request.model.layers)))
    spare = settings.usable_gib * (1 - settings.utilization) - CONTEXT_GIB
    return spare if spare < SPARE_GIB + SPARE_FACTOR * peak else None


def _card_doubts(card: AcceleratorProfile) -> Iterator[tuple[str, float]]:
    if card.usable_gib is None:
        band = max(UNKNOWN_BAND_GIB, card.memory_gib * (1 - USABLE_SHARE))
        yield f"the usable memory of {card.name} has not been measured", band
    if card.unified_memory:
        yield "the system uses the same memory", BAND_GIB
    if card.vendor != "nvidia":
        yield "the memory constants were measured on NVIDIA cards", UNKNOWN_BAND_GIB


def _run_doubts(request: MemoryRequest, settings: Settings) -> Iterator[tuple[str, float]]:
    """What the engine does before it counts the cache, where logs differ from the formulas."""
    if settings.row.pool == "fraction":
        return
    if encoder_tokens(request, settings):
        band = UNKNOWN_BAND_GIB if is_known_family(request.model) else WIDE_BAND_GIB
        yield "images are profiled at start-up and may take several GiB more", band
    method = request.formats.formats.method
    if routed_experts(request.model) and method not in (None, "", "mxfp4"):
        reason = f"kernels for experts in {method} take workspaces that are not modelled"
        yield reason, NARROW_EXPERTS_GIB


def _attention_doubts(model: Model, settings: Settings) -> Iterator[tuple[str, float]]:
    if has_states(model):
        yield "kernels of linear attention may take several GiB more", WIDE_BAND_GIB
    if is_compressed(model):
        yield f"how engines share the cache of {model.model_type} is not modelled", WIDE_BAND_GIB
    if is_windowed(model) and settings.row.pool == "fraction":
        yield "how sliding-window layers share the pool is not modelled", WIDE_BAND_GIB
