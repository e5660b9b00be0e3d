"""What an engine captures in CUDA graphs, and what that takes."""

from __future__ import annotations

from pydantic import Field

from wingsctl.catalog.base import Count, Model


class Graphs(Model):
    """The graphs of a range of versions.

    Captured are batches of 1, 2, 4 and multiples of 8 up to 256 tokens; above, multiples of
    `step` up to `largest`, or up to `each_request` tokens for each concurrent request where
    that is less (0: whatever their number).
    """

    largest: Count = 512
    step: Count = 16
    each_request: int = Field(default=2, ge=0)
    wide_capability: int | None = None
    """First number of the compute capability of cards that capture up to `wide_largest`."""
    wide_largest: Count = 1024
    decode: bool = True
    """Batches with one token of each request are captured a second time."""
    layer_mib: float = Field(ge=0)
    """Of each graph and layer."""
    experts_mib: float = Field(default=0, ge=0)
    """More of it, where the layer has routed experts."""
    latent_mib: float = Field(default=0, ge=0)
    """More of it, where the layer has latent attention."""
    narrow_cache_gib: float = Field(default=0, ge=0)
    """Allocated once, where the cache has 8 bits and the card is no Hopper."""
