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


def run_wingsctl(
    capture: pytest.CaptureFixture[str], arguments: list[str], env: dict[str, str] | None = None
) -> Outcome:
    """Run wingsctl and return what it printed and its exit code; `env` is for this run only.

    `capfd` as the capture also has what the programs print that wingsctl runs.
    """
    capture.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        code = run(arguments)
    captured = capture.readouterr()
    return Outcome(code, captured.out, captured.err)
