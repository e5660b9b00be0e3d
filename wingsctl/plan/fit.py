"""Whether the model fits the card: the profile's view of the memory estimate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import first_row
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.draft import Draft
from wingsctl.plan.memory import (
    Fit,
    LedgerLine,
    MemoryLedger,
    MemoryRequest,
    Verdict,
    estimate_memory,
)
from wingsctl.plan.memory_doubts import (
    START_GIB,
    SYSTEM_SHARE,
    may_not_start,
    may_starve_system,
)
from wingsctl.plan.model import ModelFacts

_VALUE_BYTES = {"float32": 4, "float": 4}
"""Of the types that --dtype of both engines may ask for; every other has 16 bits."""
# PyTorch reads the first of them that is set.
_ALLOCATOR_VARIABLES = ("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF", "PYTORCH_ALLOC_CONF")


def memory_request(
    profile: Profile,
    facts: ModelFacts,
    engine: EngineProfile,
    version: str,
    parallel: Parallel,
    card: AcceleratorProfile | None,
) -> MemoryRequest | None:
    """What is to be estimated; None where the model or the card is not known."""
    if facts.model is None or card is None:
        return None
    args = args_by_flag(engine, profile.engine.args)
    return MemoryRequest(
        model=facts.model,
        formats=facts.formats_of(facts.model),
        accelerator=card,
        engine=engine.title,
        version=version,
        row=first_row(engine.memory, version),
        value_bytes=_VALUE_BYTES.get(str(args.get("dtype")), 2),
        kv_cache_type=profile.model.kv_cache_type,
        max_length=profile.model.max_length,
        max_requests=_whole(args.get(engine.max_requests_flag or "")),
        batched_tokens=_whole(args.get(engine.batched_tokens_flag or "")),
        utilization=_share(args.get(engine.utilization_flag or "")),
        allocator_share=_allocator_share(profile.engine.env),
        tensor=parallel.tensor,
        pipeline=parallel.pipeline,
    )


def check_memory(
    draft: Draft,
    profile: Profile,
    engine: EngineProfile,
    parallel: Parallel,
    request: MemoryRequest | None,
) -> Fit | None:
    """Record the ledger and its doubts. None where nothing can be estimated."""
    if request is None:
        draft.decide("memory.verdict", "uncertain", "rule: the model or the card is not known")
        return None
    ledger = estimate_memory(request)
    unread = [f"{key} of model.config is not part of the estimate" for key in request.model.doubts]
    doubts = [*unread, *_unmodelled(profile, engine, parallel)]
    is_unsure = unread or (doubts and ledger.verdict != "fits")
    verdict: Verdict = "uncertain" if is_unsure else ledger.verdict
    for line in ledger.lines:
        draft.decide(f"memory.{_key(line.label)}", _shown(line), f"estimate: {line.why}")
    reasons = "; ".join([*doubts, *ledger.reasons]) or "every number of it was measured"
    draft.decide("memory.verdict", verdict, f"estimate: {reasons}")
    if verdict == "uncertain" and ledger.verdict == "does not fit":
        draft.warn(("model",), f"may not fit {request.accelerator.title}: {doubts[0]}")
    elif verdict != "does not fit":
        _warn_of_doubts(draft, request, unread)
        _warn_of_system(draft, engine, request, ledger)
    return Fit(verdict, ledger, request)


def report_unfit(draft: Draft, engine: EngineProfile, fit: Fit, remedies: list[str]) -> None:
    """Refuse what surely does not fit; warn of a pool that holds less than the length."""
    if fit.verdict == "does not fit":
        _refuse(draft, fit, remedies)
    elif fit.ledger.short_pool:
        draft.warn(
            ("model",),
            f"{engine.title} starts, but {fit.ledger.short_pool}: longer requests are refused",
            _remedy(draft, fit, remedies),
        )


def _warn_of_doubts(draft: Draft, request: MemoryRequest, unread: list[str]) -> None:
    if unread:
        draft.warn(
            ("model", "config"),
            f"whether it fits {request.accelerator.title} is uncertain: {'; '.join(unread)}",
            "start one pod and compare the engine's log with the ledger of `wingsctl plan`",
        )


def _warn_of_system(
    draft: Draft, engine: EngineProfile, request: MemoryRequest, ledger: MemoryLedger
) -> None:
    """Where the system uses the card's memory, too."""
    if may_not_start(request):
        _warn_of_budget(draft, engine, request, ledger)
    if may_starve_system(request):
        draft.warn(
            ("accelerator",),
            f"while it starts, {engine.title} may take up to {START_GIB:g} GiB beside the weights, "
            f"whatever its share: {request.accelerator.title} hangs if the system lacks them",
            f"newer PyTorch takes a limit: engine.env: {{PYTORCH_CUDA_ALLOC_CONF: "
            f'"per_process_memory_fraction:{1 - SYSTEM_SHARE:g}"}}',
        )


def _warn_of_budget(
    draft: Draft, engine: EngineProfile, request: MemoryRequest, ledger: MemoryLedger
) -> None:
    total, budget = (line.value or 0 for line in ledger.lines[:2])
    flag, share = engine.utilization_flag, 1 - SYSTEM_SHARE
    draft.warn(
        ("accelerator",),
        f"the system uses the memory of {request.accelerator.title}, too: {engine.title} may "
        f"refuse to start, as it asks for {budget:.1f} of {total:.1f} GiB",
        f"write engine.args: {{{flag}: {share:g}}}, or less" if flag else "",
    )


def _refuse(draft: Draft, fit: Fit, remedies: list[str]) -> None:
    request, ledger = fit.request, fit.ledger
    budget = next(line.value or 0 for line in ledger.lines if line.label == "budget")
    length = request.max_length or request.model.positions
    draft.refuse(
        ("model",),
        f"does not fit {request.accelerator.title}: weights of {ledger.weights_gib:.1f} GiB per "
        f"card leave {max(0.0, ledger.kv_gib):.1f} GiB of {budget:.1f} GiB for the KV cache, too "
        f"little for one request of {length} tokens",
        f"{_remedy(draft, fit, remedies)}. GiB per card: {_ledger(ledger)}",
    )


def _ledger(ledger: MemoryLedger) -> str:
    """All of its sizes in one line."""
    lines = [each for each in ledger.lines if each.unit == "GiB" and each.value is not None]
    return ", ".join(f"{each.label} {each.value:.2f}" for each in lines)


def _remedy(draft: Draft, fit: Fit, remedies: list[str]) -> str:
    """Changes that have been planned, and the command that lists other cards."""
    section = draft.document.data["model"]
    name = section if isinstance(section, str) else section.get("config") or section["name"]
    length = f" --length {fit.request.max_length}" if draft.is_written("model", "maxLength") else ""
    tables = f"see which cards hold it: wingsctl fit {name}{length}"
    return f"write {'; or '.join(remedies)}; or {tables}" if remedies else tables


def _unmodelled(profile: Profile, engine: EngineProfile, parallel: Parallel) -> list[str]:
    """Reasons why a "does not fit" is not sure enough to refuse."""
    flags = args_by_flag(engine, profile.engine.args).keys() & set(engine.unmodelled_flags)
    reasons = [f"{flag} is not part of the estimate" for flag in sorted(flags)]
    if parallel.data > 1 or parallel.expert > 1:
        reasons.append("data and expert parallelism are not part of the estimate")
    if profile.accelerator.resource is not None:
        reasons.append(f"the memory of one {profile.accelerator.resource} is not known")
    return reasons


def args_by_flag(engine: EngineProfile, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments under the names that the engine's flags have."""
    return {flag.replace("_", "-") if engine.underscores else flag: v for flag, v in args.items()}


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if not isinstance(value, bool) and text.isdigit() and int(text) > 0 else None


def _allocator_share(env: Mapping[str, Any]) -> float | None:
    settings = next((str(env[name]) for name in _ALLOCATOR_VARIABLES if name in env), "")
    found = re.search(r"\bper_process_memory_fraction:\s*([0-9.]+)", settings)
    return _share(found[1]) if found else None


def _share(value: object) -> float | None:
    try:
        share = float(str(value))
    except ValueError:
        return None
    return share if 0 < share <= 1 else None


def _key(label: str) -> str:
    words = label.replace("PyTorch", "Torch").split(" at ")[0].split()
    return words[0].lower() + "".join(word.capitalize() for word in words[1:])


def _shown(line: LedgerLine) -> str:
    if line.value is None:
        return "unknown"
    number = f"{line.value:.2f}" if line.unit == "GiB" else f"{line.value:,.0f}"
    return f"{number} {line.unit}"
