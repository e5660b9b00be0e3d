"""What each command imports: start-up time is a feature."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.processes import ROOT

MINIMAL = "examples/minimal.wings.yaml"
PACKAGES = {"typer", "rich", "pydantic", "pydantic_core", "jinja2", "ruamel"}
ALLOWED = {
    "--version": set(),
    "--help": {"typer"},
    f"validate {MINIMAL}": {"typer", "pydantic", "pydantic_core", "ruamel"},
    f"plan {MINIMAL}": {"typer", "pydantic", "pydantic_core", "ruamel"},
    f"render {MINIMAL} -o OUT": PACKAGES - {"rich"},
    "profiles show nvidia-t4": {"typer", "pydantic", "pydantic_core", "ruamel"},
    "profiles list --kind fabrics": {"typer", "pydantic", "pydantic_core", "ruamel"},
    "schema": {"typer"},
}


def imported(arguments: list[str], env: dict[str, str] | None = None) -> set[str]:
    """Names of all modules that one run of wingsctl imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "wingsctl", *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **(env or {})},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip() for line in lines[1:]}


@pytest.mark.parametrize("command", ALLOWED)
def test_a_command_imports_no_more_than_it_needs(command, tmp_path):
    arguments = command.replace("OUT", str(tmp_path)).split()
    roots = {name.split(".")[0] for name in imported(arguments)}
    assert "wingsctl" in roots
    assert roots & PACKAGES <= ALLOWED[command]


def test_version_imports_nothing_of_wingsctl_but_its_number_and_its_streams():
    found = imported(["--version"])
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


def test_completion_imports_the_command_line_only():
    env = {
        "_WINGSCTL_COMPLETE": "complete_bash", "COMP_WORDS": "wingsctl ", "COMP_CWORD": "1",
    }  # fmt: skip
    roots = {name.split(".")[0] for name in imported([], env)}
    assert roots & PACKAGES <= {"typer"}


def test_completion_offers_the_commands():
    env = {
        **os.environ, "_WINGSCTL_COMPLETE": "complete_bash", "COMP_WORDS": "wingsctl pl",
        "COMP_CWORD": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "wingsctl"], capture_output=True, text=True, check=False, env=env,
        cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.split() == ["plan"]
