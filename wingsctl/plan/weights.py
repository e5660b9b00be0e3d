"""Sizes of weights."""

from __future__ import annotations

from wingsctl.catalog.model import Architecture, ModelProfile


def checkpoint_gib(
    architecture: Architecture, quantization: str | None, profile: ModelProfile | None = None
) -> float:
    """GiB of the checkpoint."""
    return (profile.parameters if profile and profile.parameters else 7e9) * 2 / 2**30
