"""What counts as a change of Python, and which modules a program can load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.proofs.code import ROOT, closure, plain

BEFORE = '''
"""Module."""
LIMIT = 3
"""How many."""

def grow(count):  # by one
    """Docstring."""
    return count + 1
'''


@pytest.fixture
def code(tmp_path):
    """The plain code of a text."""

    def read(text: str) -> str:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text, "utf-8")
        return plain(path)

    return read


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Module."""', ""),
        ('"""How many."""', '"""At most."""'),
        ('    """Docstring."""\n', ""),
        ("  # by one", ""),
        ("count + 1", "(count  +\n 1)"),
    ],
)
def test_words_and_layout_are_no_change(code, old, new):
    assert old in BEFORE
    assert code(BEFORE.replace(old, new)) == code(BEFORE)


@pytest.mark.parametrize(
    ("old", "new"), [("LIMIT = 3", "LIMIT = 4"), ("count + 1", "count + 2"), ("count", "number")]
)
def test_everything_else_is_a_change(code, old, new):
    assert code(BEFORE.replace(old, new)) != code(BEFORE)


def test_a_function_of_words_alone_has_a_body(code):
    assert code('def f():\n    """Only words."""') == "def f():\n    pass"


def test_a_closure_has_all_that_a_program_of_pods_has_loaded():
    show = "import sys, wings_infer.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", show], cwd=ROOT / "sidecar", capture_output=True, text=True,
        check=True, env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    loaded = {name for name in done.stdout.split() if name.split(".")[0] == "wings_infer"}
    assert len(loaded) > 50
    assert loaded <= set(closure(["wings_infer.__main__"], "wings_infer"))


def test_a_closure_has_imports_inside_of_functions():
    found = closure(["wingsctl.cli.install"], "wingsctl")
    assert "wingsctl.actions.install_release" in found
    assert all(path.is_file() for path in found.values())


def test_a_closure_ends_where_another_package_begins():
    found = closure(["tests.support.plans"], "tests")
    assert set(found) == {"tests.support.plans"}
    assert found["tests.support.plans"] == Path(ROOT, "tests/support/plans.py")
