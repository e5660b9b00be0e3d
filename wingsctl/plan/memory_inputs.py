"""What is to be estimated of a profile: its keys and arguments in the estimate's terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.entry_model import entry_formats, entry_model
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import applies, first_row
from wingsctl.models.adapters import Adapters
from wingsctl.models.named_formats import choose_formats
from wingsctl.plan.arguments import Arguments, args_by_flag, memory_arguments, share, whole
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.kv_cache import BLOCK_TOKENS
from wingsctl.plan.memory_request import EXPERT_PADDING, MemoryRequest
from wingsctl.plan.model import ModelFacts
from wingsctl.plan.profile_run import profile_run
from wingsctl.plan.slices import slice_of
from wingsctl.plan.speculation import Drafted, speculation_of
from wingsctl.plan.spread import Spread
from wingsctl.plan.weights import GIB

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
    catalog: Catalog,
) -> MemoryRequest | None:
    """What is to be estimated; None where the model or the card is not known."""
    if facts.model is None or card is None:
        return None
    args = args_by_flag(engine, profile.engine.args)
    arguments = memory_arguments(engine, profile.engine.args)
    adapters, unknown = adapters_of(engine, arguments)
    return MemoryRequest(
        model=facts.model,
        formats=facts.formats_of(facts.model),
        accelerator=slice_of(profile, card),
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
        run=profile_run(arguments),
        speculation=speculation_of(
            arguments,
            facts.model,
            facts.repository,
            lambda name: _drafted(catalog, name),
        ),
        cache_gib=gib_of(arguments.get("cacheBytes")),
        pool_tokens=arguments.whole("poolTokens") or _tokens_of_blocks(arguments),
        reserve=reserve.by if (reserve := first_row(engine.reserves, version)) else "batch",
        adapters=adapters,
        has_adapter_ends=engine.adapters is not None and engine.adapters.has_ends,
        unknown=unknown,
        expert_padding=_expert_padding(engine, version, card),
    )


def gib_of(value: object) -> float | None:
    """Of bytes as the engine's command line takes them: 1k is 1000, 1K is 1024."""
    found = re.fullmatch(r"(\d{1,20}(?:\.\d{1,9})?)([kKmMgGtT]?)", str(value))
    if found is None or isinstance(value, bool):
        return None
    base = 1024 if found[2].isupper() else 1000
    return float(found[1]) * base ** (" kmgt".index(found[2].lower() or " ")) / GIB or None


def _tokens_of_blocks(arguments: Arguments) -> int | None:
    blocks = arguments.whole("cacheBlocks")
    return blocks * (arguments.whole("blockTokens") or BLOCK_TOKENS) if blocks else None


def _expert_padding(
    engine: EngineProfile, version: str, card: AcceleratorProfile
) -> tuple[int, int]:
    capability = card.compute_capability or 0.0
    for row in engine.expert_padding:
        is_able = capability >= (row.min_compute_capability or 0.0)
        if row.vendor == card.vendor and is_able and applies(row, version):
            return row.width, row.hidden
    return EXPERT_PADDING


def adapters_of(
    engine: EngineProfile, arguments: Arguments
) -> tuple[Adapters | None, tuple[str, ...]]:
    """The buffers for LoRA, and what is not known of them."""
    rules = engine.adapters
    if rules is None or not arguments.has("lora"):
        return None, ()
    slots, rank = (
        arguments.whole("loraSlots") or rules.slots,
        arguments.whole("loraRank") or rules.rank,
    )
    if rank is None:
        return None, ("the rank of LoRA adapters is not set (max-lora-rank): their buffers are",)
    return Adapters(slots, rank, is_sharded=arguments.has("loraSharded")), ()


def _drafted(catalog: Catalog, name: str) -> Drafted | None:
    """A draft model of the catalog, with the formats of its own weights."""
    entry = catalog.model(name)
    if entry is None:
        return None
    model = entry_model(entry.profile)
    return model, choose_formats(model, entry_formats(entry.profile), entry.profile.quantization)


def spread_of(engine: EngineProfile, args: Mapping[str, Any], parallel: Parallel) -> Spread:
    """From the parallel sizes and the arguments of a profile."""
    rules, arguments = engine.parallel, memory_arguments(engine, args)
    is_exchanged = arguments.has("expertExchange")
    is_all = parallel.expert > 1 and rules.expert == "switch"
    return Spread(
        data=parallel.data,
        is_inside=rules.data_inside_tensor,
        expert=None if is_all or is_exchanged else parallel.expert,
        is_exchanged=is_exchanged,
        is_dense_whole=arguments.whole("denseTensor") == 1,
        is_head_local=arguments.has("localHead"),
        redundant=arguments.whole("redundantExperts") or 0,
    )


def _allocator_share(env: Mapping[str, Any]) -> float | None:
    settings = next((str(env[name]) for name in _ALLOCATOR_VARIABLES if name in env), "")
    found = re.search(r"\bper_process_memory_fraction:\s*([0-9.]+)", settings)
    return share(found[1]) if found else None
