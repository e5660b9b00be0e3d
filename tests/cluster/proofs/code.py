"""What Python files say to Python, and which files they load: read, not run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCES = {"tests": ROOT, "wingsctl": ROOT, "wings_infer": ROOT / "sidecar"}
"""Where each package of this repository lies."""


@cache
def plain(path: Path) -> str:
    """The code without comments, docstrings and layout."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [each for each in body if not _is_text(each)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_text(node: ast.AST) -> bool:
    """A docstring, of an attribute, too: a string that stands alone has no effect."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def closure(modules: Iterable[str], within: str) -> dict[str, Path]:
    """These modules and all of the package `within` that they can load, by their names.

    Imports inside of functions count, too: it is never less than what a process has loaded.
    """
    found: dict[str, Path] = {}
    todo = list(modules)
    while todo:
        name = todo.pop()
        path = path_of(name)
        if name in found or not path:
            continue
        found[name] = path
        todo += [each for each in imports(path) if each.split(".")[0] == within]
    return found


@cache
def imports(path: Path) -> frozenset[str]:
    """Names of the modules, and of the packages around them, that a file imports anywhere."""
    found = set()
    for name in _imported(ast.parse(path.read_text("utf-8"))):
        words = name.split(".")
        found |= {".".join(words[:count]) for count in range(1, len(words) + 1)}
    return frozenset(found)


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # What is imported from a package may be a module of it.
            yield from (f"{node.module}.{each.name}" for each in node.names)


@cache
def path_of(module: str) -> Path | None:
    """Its file; None where it is no module of this repository."""
    words = module.split(".")
    if words[0] not in SOURCES:
        return None
    place = SOURCES[words[0]].joinpath(*words)
    files = (place / "__init__.py", place.with_suffix(".py"))
    return next((each for each in files if each.is_file()), None)


def module_of(path: Path) -> str:
    """The name by which a file of the tests is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def relative(path: Path) -> str:
    """As the lock and people write it."""
    return path.relative_to(ROOT).as_posix()
