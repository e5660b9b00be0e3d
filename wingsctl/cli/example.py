"""wingsctl example."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from wingsctl.cli.names import example_names
from wingsctl.cli.options import Format, OutputFormat
from wingsctl.cli.output import reporting, table

HELP = """Print a profile to start from, or list them all.

\b
Example: wingsctl example
Example: wingsctl example minimal > chat.wings.yaml
"""


def command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]", help="Which one; without it all.", autocompletion=example_names
        ),
    ] = "",
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, look up, print."""
    with reporting("example", output) as report:
        from wingsctl.actions.show_example import list_examples, show_example

        if name:
            text = show_example(name)
            report.done({"name": name, "text": text}, text)
            return
        found = list_examples()
        rows = [(each.kind, each.name, each.summary) for each in found]
        report.done([asdict(each) for each in found], table(rows, ("KIND", "NAME", "SUMMARY")))
