"""How long an engine needs to start beside loading the weights, by the kind of model."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wingsctl.catalog.base import Seconds, Text, VersionRange


class StartTime(VersionRange):
    """Compilation, warm-up, autotuning and graph capture of one kind of model.

    The longest of the rows that hold counts. `kind` heavy: experts, or weights of less than
    16 bits, whose kernels are compiled and tuned at the start.
    """

    kind: Literal["any", "heavy"] = "any"
    from_gib: float = Field(default=0, ge=0)
    """Size of all weight files."""
    seconds: Seconds
    """Expected."""
    longest_seconds: Seconds
    """The longest that was seen, or that the engine itself announces."""
    source: Text
