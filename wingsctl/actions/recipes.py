"""Profiles that are shipped: each made by `init` for a model on usual hardware."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wingsctl.actions.init_checks import STDOUT, SUFFIX, check_file, check_name
from wingsctl.adapters.example_files import recipe_paths
from wingsctl.adapters.text_files import read_text
from wingsctl.adapters.user_files import write_user_file
from wingsctl.documents import did_you_mean
from wingsctl.errors import ProfileError


@dataclass(frozen=True)
class Recipe:
    """A recipe; `summary` is the first line of its file."""

    name: str
    summary: str


@dataclass(frozen=True)
class Taken:
    """The text of a recipe, and the file it went to; `-` is standard output."""

    file: str
    text: str


def take_recipe(recipe: str, name: str, file: str, *, force: bool) -> Taken:
    """Writes the profile, under another name where one is given; raises ProfileError."""
    if name:
        check_name(name)
    text = recipe_text(recipe)
    text = _renamed(text, name) if name else text
    place = file or f"{name or recipe}{SUFFIX}"
    check_file(place, force=force)
    if place != STDOUT:
        write_user_file(Path(place), text, force=force)
    return Taken(place, text)


def _renamed(text: str, name: str) -> str:
    lines = [f"name: {name}" if each.startswith("name: ") else each for each in text.splitlines()]
    return "\n".join(lines) + "\n"


def list_recipes() -> list[Recipe]:
    """All recipes, by name."""
    return [Recipe(name, _summary(recipe_text(name))) for name in recipe_paths()]


def recipe_text(name: str) -> str:
    """The profile; raises ProfileError where there is none of that name."""
    paths = recipe_paths()
    if name not in paths:
        hint = did_you_mean(name, list(paths)) or "wingsctl init --list-recipes shows all"
        raise ProfileError(f"no recipe {name!r}", hint=hint)
    return read_text(paths[name])


def _summary(text: str) -> str:
    return text.split("\n", 1)[0].removeprefix("# ")
