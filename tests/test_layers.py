"""Imports go down only, and the pure layers touch nothing outside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.rows import check_rows

PACKAGE = Path(__file__).parent.parent / "wingsctl"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
BELOW = {
    "__main__": {"cli", "wingsctl"},
    "cli": {
        "cli",
        "actions",
        "adapters",
        "convert",
        "plan",
        "catalog",
        "errors",
        "documents",
        "wingsctl",
    },
    "actions": {
        "actions",
        "adapters",
        "convert",
        "chart",
        "plan",
        "catalog",
        "models",
        "errors",
        "documents",
    },
    "adapters": {"adapters", "errors", "documents"},
    "chart": {"chart", "plan", "catalog", "errors", "documents"},
    "convert": {"convert", "plan", "catalog", "errors", "documents"},
    "plan": {"plan", "catalog", "models", "errors", "documents"},
    "catalog": {"catalog", "models", "errors", "documents"},
    "models": {"models"},
    "errors": {"documents"},
    "documents": set(),
}
CONVERT_BELOW: dict[str, set[str]] = {
    "docker": {"docker", "kubernetes", "engine", ""},
    "operators": {"operators", "kubernetes", "engine", ""},
    "kubernetes": {"kubernetes", "engine", ""},
    "engine": {"engine", ""},
    "": {""},
}
"""Rooms of wingsctl/convert; what starts a conversion stands above them all."""
STARTS_CONVERSIONS = {"run", "finish"}
OUTSIDE = {
    "ctypes", "datetime", "io", "locale", "os", "pathlib", "random", "rich", "ruamel", "shutil",
    "socket", "subprocess", "sys", "tempfile", "time", "typer", "urllib",
}  # fmt: skip
CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
PURE = {"models", "catalog", "plan", "chart", "convert", "errors", "documents"}
ONLY_HERE = {
    "subprocess": {"adapters/process.py"},
    "ruamel": {
        f"adapters/yaml_{name}.py" for name in ("entries", "files", "nodes", "output", "places")
    },
    "jinja2": {"adapters/chart_parts.py", "chart/jinja.py"},
    "typer": {path.relative_to(PACKAGE).as_posix() for path in (PACKAGE / "cli").glob("*.py")},
    "rich": {"cli/output.py"},
    "click": set(),
}


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def nodes(path: Path) -> list[ast.AST]:
    """All nodes of a file's syntax tree."""
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def imported(path: Path) -> set[str]:
    """Full names of all modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + str(node.module))
            if node.module in ("wingsctl", "wingsctl.cli"):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def layers_of(names: set[str]) -> set[str]:
    parts = [name.split(".") for name in names if name.split(".")[0] == "wingsctl"]
    found = {each[1] if len(each) > 1 else "wingsctl" for each in parts}
    return {name for name in found if name != "__version__"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_imports_go_down_only():
    check_rows(MODULES, upward_imports, name_of)


def test_rooms_of_convert_import_down_only():
    modules = [path for path in MODULES if layer(path) == "convert"]
    rooms = [path for path in modules if room(path) or path.stem not in STARTS_CONVERSIONS]
    assert {room(path) for path in rooms} == set(CONVERT_BELOW)
    check_rows(rooms, upward_rooms, name_of)


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[1] if len(parts) == 3 else ""


def upward_rooms(path: Path) -> Iterator[str]:
    for name in sorted(imported(path)):
        parts = name.split(".")
        there = parts[2] if len(parts) == 4 else ""
        if parts[:2] == ["wingsctl", "convert"] and there not in CONVERT_BELOW[room(path)]:
            yield f"imports {name}"


def upward_imports(path: Path) -> Iterator[str]:
    for name in sorted(imported(path)):
        if name.startswith("."):
            yield f"imports {name}, a relative name"
    for above in sorted(layers_of(imported(path)) - BELOW.get(layer(path), set())):
        yield f"imports {above}"


def test_pure_layers_touch_nothing_outside():
    pure = [path for path in MODULES if layer(path) in PURE]
    check_rows(pure, touched, name_of)


def touched(path: Path) -> Iterator[str]:
    yield from (f"imports {root}" for root in sorted(roots(path) & OUTSIDE))
    for node in nodes(path):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield f"calls {name} in line {node.lineno}"


def test_a_package_is_imported_in_its_place_only():
    check_rows(MODULES, misplaced_imports, name_of)


def misplaced_imports(path: Path) -> Iterator[str]:
    for package, places in ONLY_HERE.items():
        if package in roots(path) and name_of(path) not in places:
            yield f"imports {package}"


def test_only_three_modules_print():
    printing = {name_of(path) for path in MODULES if any(map(is_output, nodes(path)))}
    assert printing == {"cli/main.py", "cli/output.py", "cli/streams.py"}


def is_output(node: ast.AST) -> bool:
    """Whether it names `print`, or an output of sys or typer."""
    if isinstance(node, ast.Name):
        return node.id == "print"
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ("stdout", "stderr", "echo")
        and isinstance(node.value, ast.Name)
        and node.value.id in ("sys", "typer")
    )


def test_every_layer_is_known():
    assert {layer(path) for path in MODULES} == BELOW.keys()
