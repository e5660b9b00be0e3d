"""The shipped profiles for people: list them, or print one to start from."""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.adapters.example_files import example_paths, recipe_paths
from wingsctl.adapters.text_files import read_text
from wingsctl.documents import did_you_mean
from wingsctl.errors import ProfileError


@dataclass(frozen=True)
class ListedExample:
    """One line of the listing; `kind` is "example" or "recipe"."""

    kind: str
    name: str
    summary: str


def list_examples() -> list[ListedExample]:
    """All of them, with the first line of each file's comment."""
    return [
        ListedExample(kind, name, _first_comment(read_text(path)))
        for kind, paths in (("example", example_paths()), ("recipe", recipe_paths()))
        for name, path in paths.items()
    ]


def show_example(name: str) -> str:
    """The text of a profile as it stands in its file.

    Raises ProfileError where there is none of that name, with the nearest.
    """
    paths = {**recipe_paths(), **example_paths()}
    if name not in paths:
        near = did_you_mean(name, list(paths))
        hint = f"{near} (wingsctl example)" if near else "wingsctl example lists them"
        raise ProfileError(f"there is no example {name!r}", hint=hint)
    return read_text(paths[name])


def _first_comment(text: str) -> str:
    line = text.partition("\n")[0]
    return line.lstrip("# ").strip() if line.startswith("#") else ""
