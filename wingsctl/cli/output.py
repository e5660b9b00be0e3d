"""The only module that prints: text for people, one JSON envelope for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from textwrap import indent
from typing import Any

import typer

from wingsctl.cli.options import Format
from wingsctl.documents import Problem
from wingsctl.errors import WingsError

ENVELOPE_VERSION = 1


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


class Report:
    """The result of one command, printed in the wanted form."""

    def __init__(self, command: str, output: Format) -> None:
        self.command = command
        self.is_json = output is Format.json

    def done(self, data: Any, text: str, warnings: Iterable[Problem] = ()) -> None:
        """A success: `text` for people, `data` for programs."""
        if self.is_json:
            self._envelope(data, warnings, None)
            return
        show_problems(warnings)
        if text:
            put(text)

    def fail(self, error: WingsError, data: Any = None) -> None:
        """A failure with all its problems."""
        if self.is_json:
            reason = {"code": error.code, "exitCode": error.exit_code, "message": error.message}
            self._envelope(data, error.problems, {**reason, "hint": error.hint})
            return
        show_problems(error.problems)
        say(f"error: {error.message}")
        if error.hint:
            say(indent(error.hint, "  "))

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
        put(json.dumps(envelope, indent=2, ensure_ascii=False))


def put(text: str) -> None:
    """Data for standard output; a reader that has left (`| head`) is no error."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """A message for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def show_problems(problems: Iterable[Problem]) -> None:
    """One problem a line, its hint below."""
    for problem in problems:
        prefix = "warning: " if problem.severity == "warning" else ""
        place = f"{problem.file}:{problem.line}:{problem.column}: "
        path = f"{problem.path}: " if problem.path else ""
        say(f"{place}{prefix}{path}{problem.message}")
        if problem.hint:
            say(f"    {problem.hint}")


def table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> str:
    """Columns: folded to the width of a terminal, whole lines for a pipe."""
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

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        drawn.add_column(heading, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console = Console()
    with console.capture() as captured:
        console.print(drawn)
    return captured.get()
