"""What is to be estimated of a profile: its keys and arguments in the estimate's terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import first_row
from wingsctl.plan.arguments import args_by_flag, memory_arguments, share, whole
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.memory_request import MemoryRequest
from wingsctl.plan.model import ModelFacts
from wingsctl.plan.profile_run import profile_run
from wingsctl.plan.spread import Spread

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
        max_requests=whole(args.get(engine.max_requests_flag or "")),
        batched_tokens=whole(args.get(engine.batched_tokens_flag or "")),
        utilization=share(args.get(engine.utilization_flag or "")),
        allocator_share=_allocator_share(profile.engine.env),
        tensor=parallel.tensor,
        pipeline=parallel.pipeline,
        spread=spread_of(engine, profile.engine.args, parallel),
        run=profile_run(memory_arguments(engine, profile.engine.args)),
    )


def spread_of(engine: EngineProfile, args: Mapping[str, Any], parallel: Parallel) -> Spread:
    """From the parallel sizes and the arguments of a profile."""
    rules, said = engine.parallel, memory_arguments(engine, args)
    is_exchanged = said.has("expertExchange")
    is_all = parallel.expert > 1 and rules.expert == "switch"
    return Spread(
        data=parallel.data,
        is_inside=rules.data_inside_tensor,
        expert=None if is_all or is_exchanged else parallel.expert,
        is_exchanged=is_exchanged,
        is_dense_whole=said.whole("denseTensor") == 1,
        is_head_local=said.has("localHead"),
        redundant=said.whole("redundantExperts") or 0,
    )


def _allocator_share(env: Mapping[str, Any]) -> float | None:
    settings = next((str(env[name]) for name in _ALLOCATOR_VARIABLES if name in env), "")
    found = re.search(r"\bper_process_memory_fraction:\s*([0-9.]+)", settings)
    return share(found[1]) if found else None
