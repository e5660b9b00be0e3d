"""Imports go down only, and the pure layers touch nothing outside."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "wingsctl"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
BELOW = {
    "__main__": {"cli", "wingsctl"},
    "cli": {"cli", "actions", "adapters", "plan", "catalog", "errors", "documents", "wingsctl"},
    "actions": {"actions", "adapters", "chart", "plan", "catalog", "errors", "documents"},
    "adapters": {"adapters", "errors", "documents"},
    "chart": {"chart", "plan", "catalog", "errors", "documents"},
    "plan": {"plan", "catalog", "errors", "documents"},
    "catalog": {"catalog", "errors", "documents"},
    "errors": {"documents"},
    "documents": set(),
}
OUTSIDE = {
    "ctypes", "datetime", "io", "locale", "os", "pathlib", "random", "rich", "ruamel", "shutil",
    "socket", "subprocess", "sys", "tempfile", "time", "typer", "urllib",
}  # fmt: skip
PURE = {"catalog", "plan", "chart", "errors", "documents"}
ONLY_HERE = {
    "subprocess": {"adapters/process.py"},
    "ruamel": {f"adapters/yaml_{name}.py" for name in ("files", "nodes", "places")},
    "jinja2": {"adapters/chart_parts.py", "chart/jinja.py"},
    "typer": {path.relative_to(PACKAGE).as_posix() for path in (PACKAGE / "cli").glob("*.py")},
    "rich": {"cli/output.py"},
    "click": set(),
}


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Full names of all modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found.add(str(node.module))
            if node.module in ("wingsctl", "wingsctl.cli"):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layers_of(names: set[str]) -> set[str]:
    parts = [name.split(".") for name in names if name.split(".")[0] == "wingsctl"]
    found = {each[1] if len(each) > 1 else "wingsctl" for each in parts}
    return {name for name in found if name != "__version__"}


def ids(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_imports_go_down_only(path):
    above = layers_of(imported(path)) - BELOW[layer(path)]
    assert not above, f"{ids(path)} imports {above}"


@pytest.mark.parametrize("path", [path for path in MODULES if layer(path) in PURE], ids=ids)
def test_pure_layers_touch_nothing_outside(path):
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & OUTSIDE
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"open", "print", "input", "exec", "eval", "__import__"}


@pytest.mark.parametrize("package", ONLY_HERE)
def test_a_package_is_imported_in_its_place_only(package):
    users = {ids(path) for path in MODULES if package in {n.split(".")[0] for n in imported(path)}}
    assert users <= ONLY_HERE[package]


def test_only_two_modules_print():
    printing = {
        ids(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Name) and node.id == "print")
        or (
            (isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr", "echo"))
            and isinstance(node.value, ast.Name)
            and node.value.id in ("sys", "typer")
        )
    }
    assert printing == {"cli/main.py", "cli/output.py", "cli/streams.py"}


def test_every_layer_is_known():
    assert {layer(path) for path in MODULES} == BELOW.keys()
