"""The only module that prints: text for people, one envelope for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from textwrap import indent
from typing import Any

import typer

from wingsctl.cli.options import Format
from wingsctl.cli.streams import Stream
from wingsctl.documents import Problem
from wingsctl.errors import WingsError

ENVELOPE_VERSION = 1
PLEASE_REPORT = "please report it with the traceback to the place that you got wingsctl from"
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
"""How a line starts that GitHub's runner takes for a command (`::error::`)."""


@contextmanager
def reporting(command: str, output: Format) -> Iterator[Report]:
    """Prints what the command reports; a WingsError becomes its exit code."""
    report = Report(command, output)
    try:
        yield report
    except WingsError as error:
        report.fail(error)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(130) from None
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as error:
        report.crash(error)
        raise


class Report:
    """The result of one command, printed in the wanted form."""

    def __init__(self, command: str, output: Format) -> None:
        self.command = command
        self._format = output

    @property
    def is_data(self) -> bool:
        """Whether programs read it: then there is one envelope, and no message beside it."""
        return self._format is not Format.text

    def done(
        self,
        data: Any,
        text: str,
        warnings: Iterable[Problem] = (),
        *,
        warnings_last: bool = False,
    ) -> None:
        """A success: `text` for people, `data` for programs."""
        if self.is_data:
            self._envelope(data, warnings, None)
            return
        if not warnings_last:
            show_problems(warnings)
        if text:
            put(text)
        if warnings_last:
            show_problems(warnings)

    def fail(self, error: WingsError, data: Any = None) -> None:
        """A failure with all its problems."""
        if self.is_data:
            reason = {"code": error.code, "exitCode": error.exit_code, "message": error.message}
            self._envelope(data, error.problems, {**reason, "hint": error.hint})
            return
        show_problems(error.problems)
        say(_one_line(f"error: {error.message}"))
        if error.hint:
            say(indent(error.hint, "  "))

    def crash(self, error: Exception) -> None:
        """An unexpected exception, for programs; people get the traceback."""
        if self.is_data:
            kind = type(error).__name__
            self.fail(WingsError(f"unexpected {kind}", hint=f"this is a bug: {PLEASE_REPORT}"))

    def _envelope(
        self, data: Any, problems: Iterable[Problem], error: dict[str, Any] | None
    ) -> None:
        envelope = {
            "version": ENVELOPE_VERSION,
            "command": self.command,
            "ok": error is None,
            "data": data,
            "problems": [asdict(problem) for problem in problems],
            "error": error,
        }
        put(self._serialized(envelope))

    def _serialized(self, envelope: dict[str, Any]) -> str:
        if self._format is Format.json:
            return json.dumps(envelope, indent=2)
        from wingsctl.adapters.yaml_output import yaml_output

        return yaml_output(envelope)


def put(text: str) -> None:
    """Data for standard output."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """A message for the person at the terminal; no line of it commands a CI runner."""
    sys.stderr.write(_COMMAND.sub(r"\1\\u003a", text) + "\n")
    sys.stderr.flush()


def terminal_of_messages() -> Stream | None:
    """Standard error, where a person reads it as it is written."""
    stream = sys.stderr
    return stream if isinstance(stream, Stream) and stream.isatty() else None


def prompt(question: str) -> str | None:
    """A line of standard input after a question on standard error; None where it has ended."""
    sys.stderr.write(question)
    sys.stderr.flush()
    try:
        line = sys.stdin.buffer.readline() if sys.stdin is not None else b""
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        raise
    if not line.endswith(b"\n"):
        sys.stderr.write("\n")
    return line.decode("utf-8", "replace").rstrip("\r\n") if line else None


def has_person() -> bool:
    """Whether standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def report_bug() -> None:
    """The exception that is being handled, with the request to report it."""
    import traceback

    from wingsctl import __version__
    from wingsctl.catalog.secrets import mask_secrets

    say(mask_secrets(traceback.format_exc()).rstrip())
    say(f"error: this is a bug in wingsctl {__version__}\n  {PLEASE_REPORT}")


def show_problems(problems: Iterable[Problem]) -> None:
    """One problem a line, its hint below, whatever line ends a profile put into them."""
    for problem in problems:
        prefix = "warning: " if problem.severity == "warning" else ""
        place = f"{problem.file}:{problem.line}:{problem.column}: "
        path = f"{problem.path}: " if problem.path else ""
        say(_one_line(f"{place}{prefix}{path}{problem.message}"))
        if problem.hint:
            say(_one_line(f"    {problem.hint}"))


def _one_line(text: str) -> str:
    return text.replace("\r", "\\r").replace("\n", "\\n")


def table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> str:
    """Columns that hold anything: folded to the width of a terminal, whole lines for a pipe."""
    kept = [number for number, _ in enumerate(headings) if not rows or any(r[number] for r in rows)]
    rows, headings = (
        [[row[each] for each in kept] for row in rows],
        [headings[each] for each in kept],
    )
    if sys.stdout.isatty():
        return _terminal_table(rows, headings)
    widths = [
        max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings) - 1)
    ]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in (headings, *rows)
    ]
    return "\n".join(line.rstrip() for line in lines)


def _terminal_table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False)
    for heading in headings:
        drawn.add_column(heading, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console = Console(color_system=None)  # escapes would be shown, not obeyed
    with console.capture() as captured:
        console.print(drawn)
    return captured.get()
