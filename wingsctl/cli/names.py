"""What a shell offers for a word that is a name; fast, so it reads no YAML and no model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from wingsctl.cli.options import catalog_dirs

Complete = Callable[[typer.Context, str], list[str]]
KINDS = ("engines", "models", "accelerators", "fabrics", "triggers")


def names_of(*kinds: str) -> Complete:
    """Entries of these kinds in all catalogs of the command; `--kind` narrows them."""

    def complete(context: typer.Context, incomplete: str) -> list[str]:
        from wingsctl.adapters.catalog_names import shipped_stems

        chosen = _value(context.params.get("kind"))
        directories = catalog_dirs([Path(each) for each in context.params.get("catalog") or ()])
        found = {
            name
            for kind in ([chosen] if chosen else kinds)
            for name in shipped_stems(kind, directories)
        }
        return sorted(name for name in found if name.startswith(incomplete))

    return complete


def example_names(context: typer.Context, incomplete: str) -> list[str]:
    """Shipped examples and recipes."""
    from wingsctl.adapters.example_files import example_paths, recipe_paths

    found = {*example_paths(), *recipe_paths()}
    return sorted(name for name in found if name.startswith(incomplete))


def recipe_names(context: typer.Context, incomplete: str) -> list[str]:
    """Shipped recipes."""
    from wingsctl.adapters.example_files import recipe_paths

    return [name for name in recipe_paths() if name.startswith(incomplete)]


def key_paths(context: typer.Context, incomplete: str) -> list[str]:
    """Dotted paths below the one that is typed so far."""
    from wingsctl.actions.explain_key import keys_below

    parent, dot, name = incomplete.rpartition(".")
    found = keys_below(parent, _value(context.params.get("kind")) or "profile")
    return [f"{parent}{dot}{each}" for each in found if each.startswith(name)]


def _value(choice: Any) -> Any:
    """The word of an option with choices."""
    return getattr(choice, "value", choice)
