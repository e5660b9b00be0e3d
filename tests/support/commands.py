"""The real command line in this process."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from typer.main import get_command

from wingsctl.cli import main

COMMANDS = get_command(main.app)
"""Built once: typer builds all commands anew for each run, which takes longer than most do."""


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    return main.run(arguments, COMMANDS)


@dataclass(frozen=True)
class Outcome:
    """How one run of wingsctl ended."""

    code: int
    stdout: str
    stderr: str


def run_wingsctl(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> Outcome:
    """Run wingsctl and return what it printed and its exit code."""
    capsys.readouterr()
    code = run(arguments)
    captured = capsys.readouterr()
    return Outcome(code, captured.out, captured.err)
