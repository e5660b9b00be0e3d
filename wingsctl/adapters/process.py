"""Running other programs; the only place that starts a process."""

from __future__ import annotations

import signal
import subprocess
import sys
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
        self,
        command: Sequence[str],
        *,
        capture: bool = True,
        timeout_seconds: float | None = None,
        text: str | None = None,
        is_progress: bool = False,
    ) -> Finished:
        """`text` is its standard input; by default it has ours.

        `capture` False lets the program write to our own output as it runs, with
        `is_progress` to standard error alone.
        """


def run_process(
    command: Sequence[str],
    *,
    capture: bool = True,
    timeout_seconds: float | None = None,
    text: str | None = None,
    is_progress: bool = False,
) -> Finished:
    """The real Runner."""
    errors = subprocess.PIPE if capture else None
    output = sys.__stderr__ if is_progress and not capture else errors
    try:
        with subprocess.Popen(
            list(command), stdin=None if text is None else subprocess.PIPE, stdout=output,
            stderr=errors, text=True, errors="replace",
        ) as process:  # fmt: skip
            printed, complaints = _until_it_ends(process, text, timeout_seconds)
    except subprocess.TimeoutExpired as error:
        raise ToolTimeoutError(f"{command[0]} did not end within {timeout_seconds} s") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ToolError(f"cannot run {command[0]}: {reason}") from error
    return Finished(process.returncode, printed or "", complaints or "")


def _until_it_ends(
    process: subprocess.Popen[str], text: str | None, timeout_seconds: float | None
) -> tuple[str, str]:
    """What it prints; an interrupt is passed on, and a second one kills the program.

    A helm that is killed at once leaves a release which no later upgrade may touch.
    """
    try:
        return process.communicate(text, timeout=timeout_seconds)
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
    finally:
        process.kill()
