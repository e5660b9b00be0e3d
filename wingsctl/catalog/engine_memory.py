"""What an engine's file says of memory: arguments, paddings, reserves, constants by version."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wingsctl.catalog.base import (
    Count,
    Model,
    Vendor,
    VersionRange,
)
from wingsctl.catalog.graphs import Graphs
from wingsctl.models.rotary import Yarn

MemoryFact = Literal[
    "redundantExperts", "expertExchange", "denseTensor", "localHead", "configOverrides",
    "ropeScaling", "speculation", "draftMethod", "draftModel", "draftTensor",
    "cacheBytes", "cacheBlocks", "blockTokens", "poolTokens",
    "lora", "loraSlots", "loraRank", "loraSharded",
    "noGraphs", "graphSizes", "largestGraph", "graphMode",
    "noImages", "imageLimit", "imagePixels", "prefixes",
]  # fmt: skip
"""What an argument says of the memory, whatever an engine calls it."""
ReserveRule = Literal["card", "batch"]


class RopeFactor(VersionRange):
    """How the engine derives the length of a model that YaRN stretches."""

    yarn: Yarn
    source: str = ""


class ExpertPadding(VersionRange):
    """Columns to which kernels of a vendor's cards round up an expert of MXFP4.

    `width` is that of the expert, `hidden` that of its input. The first row that suits counts.
    """

    vendor: Vendor
    min_compute_capability: float | None = None
    width: Count
    hidden: Count = 1
    source: str = ""


class Reserve(VersionRange):
    """How an engine computes what it keeps free of weights and cache where no fraction is set.

    "card": by the size of the card; "batch": by the chunk of a prefill and the graphs.
    """

    by: ReserveRule
    source: str = ""


class AdapterRules(Model):
    """The buffers that the engine makes for LoRA adapters, where arguments say nothing."""

    slots: Count
    rank: Count | None = None
    """None where it follows from the adapters' own files."""
    has_ends: bool = False
    """Embedding and head have buffers, too."""
    source: str = ""


class MemoryRow(VersionRange):
    """Constants of the memory estimate for a range of versions (GiB, or a factor).

    `pool` says what the KV cache gets: the "remainder" of the budget after weights,
    activations and all else, or the rest of a "fraction" for weights and cache alone, of
    what is free once `outside` is taken. Without `utilization` the engine computes it.
    `outside_pipeline` is for pipeline without tensor parallelism; it and the value for
    PCIe cards stand in for the plain ones only where they are given.
    """

    class Card(Model):
        """Defaults of the engine on cards of at least `from_gib`; the last match holds."""

        from_gib: float = Field(default=0, ge=0)
        max_requests: Count
        batched_tokens: Count
        except_cards: list[str] = []
        """Parts of catalog names of cards that are left out."""

    pool: Literal["remainder", "fraction"] = "remainder"
    utilization: float | None = Field(default=None, gt=0, le=1)
    sampler_factor: float = Field(default=0, ge=0)
    expert_workspace: bool = False
    outside_gib: float = Field(default=0, ge=0)
    outside_pipeline_gib: float | None = Field(default=None, ge=0)
    outside_tensor_gib: float = Field(default=0, ge=0)
    outside_tensor_pcie_gib: float | None = Field(default=None, ge=0)
    graphs_gib: float = Field(default=0, ge=0)
    """A constant, where `graphs` does not say more."""
    graphs: Graphs | None = None
    graphs_inside: bool = False
    """They are counted before the cache, within the budget."""
    least_run_gib: float = Field(default=0, ge=0)
    """The least that activations and graphs take together, while the engine compiles."""
    state_copies: Count = 1
    """Blocks of each request's state, where the cache keeps prefixes by default."""
    pool_tokens: Literal["blocks", "requests"] = "blocks"
    """How a pool of several kinds of layers is logged: blocks of one kind, or full requests."""
    cards: list[Card] = []
    measured: bool = True
    """False where no start-up log of these versions confirms the constants."""
