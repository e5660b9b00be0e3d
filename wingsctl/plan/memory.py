"""Whether a model fits the memory of its GPUs: a ledger and a verdict.

The numbers are estimates until the engine has profiled the real card. What differs
between engines and versions comes from `MemoryRow`; the factors below were fitted to
start-up logs of many models. Every size is GiB on one GPU unless its name says bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from wingsctl.models.shape import has_states, is_compressed
from wingsctl.plan.kv_cache import BLOCK_TOKENS
from wingsctl.plan.memory_doubts import (
    BAND_GIB,
    band_gib,
    doubts_of,
    may_not_start,
    may_starve_system,
    system_lacks_gib,
)
from wingsctl.plan.memory_request import DEFAULT_LENGTH, MemoryRequest, Settings, settings_of
from wingsctl.plan.memory_stages import (
    Stage,
    budget_gib,
    longest_request,
    room_gib,
    tightest_stage,
)
from wingsctl.plan.weights import GIB

__all__ = [
    "Fit", "LedgerLine", "MemoryLedger", "MemoryRequest", "Verdict", "estimate_memory",
    "largest_length",
]  # fmt: skip


Verdict = Literal["fits", "uncertain", "does not fit"]
LENGTH_STEP = 1024


@dataclass(frozen=True)
class LedgerLine:
    """One number and where it comes from; `value` is None where none can be given."""

    label: str
    value: float | None
    unit: Literal["GiB", "bytes", "tokens", "requests"]
    why: str


@dataclass(frozen=True)
class MemoryLedger:
    """The memory of the GPU with the least room.

    Only "does not fit" is sure enough to refuse a profile. `reasons` lists every doubt,
    also where the verdict stands in spite of them. `tokens` is the pool's size as the
    engine would log it, None where a state per request makes it meaningless.
    """

    verdict: Verdict
    lines: tuple[LedgerLine, ...]
    reasons: tuple[str, ...]
    weights_gib: float
    kv_gib: float
    tokens: int | None
    requests: float
    short_pool: str = ""
    """What a pool that holds less than the length means, where the engine starts with one."""


@dataclass(frozen=True)
class Fit:
    """The verdict on a profile: the ledger's, unless something of the profile is not modelled."""

    verdict: Verdict
    ledger: MemoryLedger
    request: MemoryRequest


def estimate_memory(request: MemoryRequest) -> MemoryLedger:
    """The ledger, and the verdict."""
    settings, stage = settings_of(request), tightest_stage(request)
    verdict = _verdict(request, stage)
    short = _short_pool(request, settings, stage) if verdict == "does not fit" else ""
    verdict = "uncertain" if short else verdict
    return MemoryLedger(
        short_pool=short,
        verdict=verdict,
        lines=(*_gib_lines(request, settings, stage), *_cache_lines(request, settings, stage)),
        reasons=tuple(reason for reason, _ in doubts_of(request)),
        weights_gib=stage.weights.gib,
        kv_gib=stage.kv_gib,
        tokens=_tokens(request, stage),
        requests=max(0.0, stage.kv_gib / stage.cache.request_gib(settings.length)),
    )


def _verdict(request: MemoryRequest, stage: Stage) -> Verdict:
    room, band = room_gib(request), band_gib(request)
    if room + stage.weights.gib - stage.weights.least_gib <= -band:
        return "does not fit"
    spare = room - system_lacks_gib(request)
    is_risky = may_not_start(request) or may_starve_system(request)
    return "fits" if spare >= band and not is_risky else "uncertain"


def largest_length(request: MemoryRequest) -> int | None:
    """The largest multiple of 1024 tokens, up to the model's maximum, for one request.

    The band of uncertainty, and the system's part of memory that it shares with the card,
    stay free where that leaves any length at all. None if not even 1024 tokens fit, for
    instance because the weights do not.
    """
    maximum = request.model.positions or DEFAULT_LENGTH
    for spare in (band_gib(request) + system_lacks_gib(request), 0.0):
        if longest := longest_request(request, spare, LENGTH_STEP, maximum):
            return longest
    return None


def _short_pool(request: MemoryRequest, settings: Settings, stage: Stage) -> str:
    """SGLang starts with any pool that holds a chunk, and refuses what is longer than the pool."""
    if settings.row.pool != "fraction":
        return ""
    if stage.kv_gib < stage.cache.request_gib(settings.batched) + BAND_GIB:
        return ""
    tokens = _tokens(request, stage)
    return f"its pool of {tokens or 'few'} tokens is smaller than the length of {settings.length}"


def _tokens(request: MemoryRequest, stage: Stage) -> int | None:
    if has_states(request.model) or is_compressed(request.model):
        return None
    block_bytes = BLOCK_TOKENS * (stage.cache.full_bytes + stage.cache.window_bytes)
    return max(0, int(stage.kv_gib * GIB // block_bytes)) * BLOCK_TOKENS


def _gib_lines(request: MemoryRequest, settings: Settings, stage: Stage) -> Iterator[LedgerLine]:
    row, card = settings.row, request.accelerator
    budget = budget_gib(request, settings)
    beside = f"inside the {settings.usable_gib - budget:.1f} GiB beside the budget"
    counted = row.pool == "remainder"
    share = f"{settings.utilization:.3g} of {'all' if counted else 'what is free before loading'}"
    dummy = f"dummy run of {settings.batched} tokens and {settings.requests} requests"
    method = request.formats.formats.method or "16-bit"
    form = f"{method}, tensor {request.tensor}, pipeline {request.pipeline}"
    for label, value, why in (
        (
            "usable total",
            settings.usable_gib,
            f"{card.name}{'' if card.usable_gib else ', assumed'}",
        ),
        ("budget", budget, share),
        ("weights", stage.weights.gib, form),
        ("activation peak", stage.activation_gib, dummy if counted else beside),
        ("outside PyTorch", stage.outside_gib, "communication, workspaces, context"),
        ("graphs", stage.graphs_gib, "estimated beforehand" if row.graphs_inside else beside),
        ("KV cache left", stage.kv_gib, "the rest of the budget"),
    ):
        yield LedgerLine(label, value, "GiB", why)


def _cache_lines(request: MemoryRequest, settings: Settings, stage: Stage) -> Iterator[LedgerLine]:
    cache, tokens = stage.cache, _tokens(request, stage)
    needs = cache.request_gib(settings.length)
    windowed = ", padded sliding-window layers included" if cache.window_bytes else ""
    kind = f"{request.kv_cache_type or 'auto'}{windowed}"
    counted = "state per request dominates" if tokens is None else f"blocks of {BLOCK_TOKENS}"
    yield LedgerLine("bytes per token", cache.full_bytes + cache.window_bytes, "bytes", kind)
    yield LedgerLine("tokens", tokens, "tokens", counted)
    label, requests = f"requests at {settings.length} tokens", max(0.0, stage.kv_gib / needs)
    yield LedgerLine(label, requests, "requests", f"{needs:.2f} GiB each")
