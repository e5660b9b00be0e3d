"""What a shell offers for the value of an option: names of the catalog, without reading it."""

from __future__ import annotations

from pathlib import Path

from wingsctl.cli.options import catalog_dirs


def models(incomplete: str) -> list[str]:
    """Short names of models."""
    return _names("models", incomplete)


def accelerators(incomplete: str) -> list[str]:
    """Names of accelerators."""
    return [
        *_names("accelerators", incomplete),
        *(["none"] if "none".startswith(incomplete) else []),
    ]


def engines(incomplete: str) -> list[str]:
    """Names of engines."""
    return _names("engines", incomplete)


def fabrics(incomplete: str) -> list[str]:
    """Names of fabrics."""
    return _names("fabrics", incomplete)


def recipes(incomplete: str) -> list[str]:
    """Names of recipes."""
    from wingsctl.actions.recipes import recipe_names

    return [name for name in recipe_names() if name.startswith(incomplete)]


def _names(kind: str, incomplete: str) -> list[str]:
    from wingsctl.adapters.assets import asset_dir

    places: list[Path] = [*catalog_dirs(None), asset_dir("profiles")]
    stems = {path.stem for place in places for path in (place / kind).glob("*.yaml")}
    return sorted(stem for stem in stems if stem.startswith(incomplete.lower()))
