"""What a user has to bring is named where it is missing: Python's venv module, a recent Go."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def run(tmp_path):
    """Runs a command where a program says what the test wants; outside CI."""

    def act(command: list[str], name: str, script: str, **environment: str):
        (tmp_path / "bin").mkdir(exist_ok=True)
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        kept = {key: text for key, text in os.environ.items() if key not in ("CI", "MAKEFLAGS")}
        path = {"PATH": f"{program.parent}:/usr/bin:/bin"}
        return subprocess.run(
            command, cwd=tmp_path, env={**kept, **path, **environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return act


@pytest.mark.parametrize("version", ["go1.9", "go1.19.8", "go1.20"])
@pytest.mark.parametrize(("ci", "code"), [({}, 0), ({"CI": "true"}, 1)], ids=["a user", "CI"])
def test_a_go_that_is_too_old_is_named(run, tmp_path, version, ci, code):
    command = ["sh", str(ROOT / "tools/go/build.sh"), str(tmp_path / "out")]
    done = run(command, "go", f"echo {version}", **ci)
    assert done.returncode == code
    assert f"{version} is too old" in done.stderr
    assert "Go 1.21" in done.stderr


def test_a_python_without_its_venv_module_is_named(run, tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").touch()
    done = run(
        ["make", "setup", "PYTHON=python3"], "python3", 'case "$2" in *ensurepip*) exit 1 ;; esac'
    )
    assert done.returncode
    assert "venv module (Debian: python3-venv)" in done.stderr
    assert not (tmp_path / ".venv").exists()
