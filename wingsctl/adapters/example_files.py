"""The shipped profiles: examples, and recipes where there are any."""

from __future__ import annotations

from pathlib import Path

from wingsctl.adapters.assets import asset_dir

SUFFIX = ".wings.yaml"


def example_paths() -> dict[str, Path]:
    """Name -> file, sorted by name."""
    return _named(asset_dir("examples"))


def recipe_paths() -> dict[str, Path]:
    """Name -> file, sorted by name; empty without recipes."""
    return _named(asset_dir("examples") / "recipes")


def _named(folder: Path) -> dict[str, Path]:
    return {path.name.removesuffix(SUFFIX): path for path in sorted(folder.glob(f"*{SUFFIX}"))}
