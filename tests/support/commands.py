"""The real command line in this process."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from wingsctl.cli.main import run


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
