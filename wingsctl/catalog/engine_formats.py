"""What an engine's file says of number formats, and of splits that it loads."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wingsctl.catalog.base import (
    Count,
    FormatName,
    Model,
    Vendor,
    VersionRange,
)
from wingsctl.catalog.container import Args


class NumberFormat(VersionRange):
    """Which cards of a vendor an engine runs number formats on.

    Of the rows for a format, its use and vendor the first whose range holds the version speaks;
    without one nothing is reported. Cards below `min_compute_capability` do not run it, others
    outside `native_...` run it as `instead` says. `never` is why no card does.
    """

    names: list[FormatName] = Field(min_length=1)
    use: Literal["weights", "cache", "values", "attention"] = "weights"
    vendor: Vendor
    families: list[str] = []
    """Families of cards that it speaks of (`910b`); empty is any."""
    never: str = ""
    values: list[FormatName] = []
    """Types that layers with such weights are computed with (`bfloat16`); empty is any."""
    min_compute_capability: float | None = None
    native_compute_capability: float | None = None
    native_families: list[str] = []
    """Families (`mi35x`); empty is any."""
    instead: str = ""
    source: str = ""


class Families(VersionRange):
    """Families of models (`model_type`) that a rule is about."""

    model_types: list[str] = Field(min_length=1)
    source: str


class BlockRule(VersionRange):
    """Whose blocks of values with one scale no rank may hold a part of.

    `methods` are names of quantisation methods (`compressed-tensors`), `vendors` those of cards;
    empty is any. `finest` is the size of the smallest blocks that the engine cuts them into
    where they do not fit.
    """

    part: Literal["experts", "layers"]
    formats: list[FormatName] = Field(min_length=1)
    methods: list[FormatName] = []
    vendors: list[Vendor] = []
    except_model_types: list[str] = []
    """Families whose class pads by itself."""
    fused_rows: bool = True
    """Whether it counts for the rows of matrices that engines fuse (q, k and v; gate and up)."""
    finest: Count = 1 << 16
    source: str


class SplitRules(Model):
    """What an engine demands of a split, beside heads and widths that divide.

    `any_vocabulary`: versions that pad the vocabulary for any number of ranks; others pad it
    to a multiple of 64. `even_experts`: each rank of expert parallelism holds as many.
    `one_stage`: no pipeline stages. `any_encoder`: an encoder of images whose heads do not
    divide stays whole on each rank; others do not load.
    """

    blocks: list[BlockRule] = []
    any_vocabulary: VersionRange | None = None
    even_experts: bool = False
    one_stage: list[Families] = []
    any_encoder: list[Families] = []
    whole_encoder: Args = {}
    """The argument that keeps the encoder of images whole on each rank."""
