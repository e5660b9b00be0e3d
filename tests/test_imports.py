"""What each command imports: start-up time is a feature."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest

from tests.support.processes import ROOT

MINIMAL = "examples/minimal.wings.yaml"
PACKAGES = {"typer", "rich", "pydantic", "pydantic_core", "jinja2", "ruamel"}
ALLOWED = {
    "--version": set(),
    "--help": {"typer"},
    f"validate {MINIMAL}": {"typer", "pydantic", "pydantic_core", "ruamel"},
    f"plan {MINIMAL}": {"typer", "pydantic", "pydantic_core", "ruamel"},
    f"render {MINIMAL} --output-dir OUT": PACKAGES - {"rich"},
    "profiles show nvidia-t4": {"typer", "pydantic", "pydantic_core", "ruamel"},
    "profiles list --kind fabrics": {"typer", "pydantic", "pydantic_core", "ruamel"},
    "schema": {"typer"},
    "init --list-recipes": {"typer", "pydantic", "pydantic_core", "ruamel"},
}


@cache
def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One run of wingsctl; Python lists on the standard error what it imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "wingsctl", *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done


def imported(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Names of all modules that a run imported."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip() for line in lines[1:]}


@pytest.mark.parametrize("command", ALLOWED)
def test_a_command_imports_no_more_than_it_needs(command, tmp_path):
    arguments = command.replace("OUT", str(tmp_path)).split()
    roots = {name.split(".")[0] for name in imported(start(*arguments))}
    assert "wingsctl" in roots
    assert roots & PACKAGES <= ALLOWED[command]


def test_version_imports_nothing_of_wingsctl_but_its_number_and_its_streams():
    found = imported(start("--version"))
    parts = {"wingsctl", "wingsctl.cli", "wingsctl.cli.streams"}
    assert {name for name in found if name.startswith("wingsctl")} == parts
    assert not found & {"argparse", "inspect", "json", "pathlib", "re", "typing", "subprocess"} - (
        bare_start()
    )


def bare_start() -> set[str]:
    """What Python itself imports to run a module."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "this"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines()}
