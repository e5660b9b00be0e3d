"""Running other programs; the only place that starts a process."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from wingsctl.errors import ToolError, ToolTimeoutError


@dataclass(frozen=True)
class Finished:
    """A process that has ended."""

    status: int
    stdout: str
    stderr: str


class Runner(Protocol):
    """Runs a program to its end; raises ToolError where it cannot be started."""

    def __call__(
        self, command: Sequence[str], *, capture: bool = True, timeout_seconds: float | None = None
    ) -> Finished:
        """`capture` False lets the program write to our own output as it runs."""


def run_process(
    command: Sequence[str], *, capture: bool = True, timeout_seconds: float | None = None
) -> Finished:
    """The real Runner."""
    output = subprocess.PIPE if capture else None
    try:
        done = subprocess.run(
            list(command), stdout=output, stderr=output, text=True, errors="replace",
            timeout=timeout_seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ToolTimeoutError(f"{command[0]} did not end within {timeout_seconds} s") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ToolError(f"cannot run {command[0]}: {reason}") from error
    return Finished(done.returncode, done.stdout or "", done.stderr or "")
