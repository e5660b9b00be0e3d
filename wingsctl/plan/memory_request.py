"""What is to be estimated, and the numbers that the engine fills in."""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine_memory import MemoryRow, ReserveRule
from wingsctl.models.adapters import Adapters
from wingsctl.models.architecture import Model
from wingsctl.models.named_formats import Chosen
from wingsctl.plan.pool_share import automatic_fraction
from wingsctl.plan.profile_run import PLAIN, ProfileRun
from wingsctl.plan.speculation import NONE, Speculation
from wingsctl.plan.spread import ALONE, Spread

EXPERT_PADDING = (256, 1)  # as logged with vLLM 0.11 on an H100
DEFAULT_LENGTH = 2048  # vLLM's own, for a model that states no maximum
USABLE_SHARE = 0.95  # of the size on the box; 0.91 (T4) to 0.99 (H100) were seen
SMALL_CARD = MemoryRow.Card(max_requests=256, batched_tokens=2048)
_NO_ROW = MemoryRow(utilization=0.9)  # an engine without constants: what most default to


@dataclass(frozen=True)
class MemoryRequest:
    """What runs where; None means that the engine decides, or that it has no `row`."""

    model: Model
    formats: Chosen
    accelerator: AcceleratorProfile
    engine: str
    version: str | None
    row: MemoryRow | None
    value_bytes: int = 2
    """Of a value of the model where no format says otherwise."""
    kv_cache_type: str | None = None
    small_cache_type: str | None = "fp8"  # what to suggest; None where the engine has none here
    max_length: int | None = None
    max_requests: int | None = None
    batched_tokens: int | None = None
    utilization: float | None = None
    allocator_share: float | None = None  # what PyTorch's allocator may take of the card
    tensor: int = 1
    pipeline: int = 1
    spread: Spread = ALONE
    run: ProfileRun = PLAIN
    speculation: Speculation = NONE
    cache_gib: float | None = None
    """Of the cache, whatever the budget."""
    pool_tokens: int | None = None
    """At most."""
    reserve: ReserveRule = "batch"
    """How the engine computes its share where none is set."""
    adapters: Adapters | None = None
    expert_padding: tuple[int, int] = EXPERT_PADDING
    """Columns to which MXFP4 kernels round up an expert's width, and its input."""
    has_adapter_ends: bool = False
    unknown: tuple[str, ...] = ()
    """What arguments ask for and the estimate leaves out, so that nothing surely fits."""

    @property
    def attention_ranks(self) -> int:
        """Ranks that share the cache of one request."""
        return self.spread.attention_ranks(self.tensor)


@dataclass(frozen=True)
class Settings:
    """The request's numbers, with the engine's defaults for what it leaves open."""

    row: MemoryRow
    usable_gib: float
    utilization: float
    length: int
    requests: int
    batched: int


def settings_of(request: MemoryRequest) -> Settings:
    """The numbers of a request, with the defaults of engine and card."""
    row, card = request.row or _NO_ROW, request.accelerator
    usable = card.usable_gib or card.memory_gib * USABLE_SHARE
    suited = [
        each
        for each in (SMALL_CARD, *row.cards)
        if usable >= each.from_gib and not any(part in card.name for part in each.except_cards)
    ]
    default = suited[-1]
    requests = request.max_requests or default.max_requests
    batched = request.batched_tokens or default.batched_tokens
    graphs = request.run.graph_limit or min(requests, default.max_requests)
    automatic = automatic_fraction(
        request.reserve, usable, graphs, batched, request.tensor * request.pipeline,
        request.spread, request.speculation,
    )  # fmt: skip
    return Settings(
        row=row,
        usable_gib=usable,
        utilization=request.utilization or row.utilization or automatic,
        length=request.max_length or request.model.positions or DEFAULT_LENGTH,
        requests=requests,
        batched=batched,
    )
