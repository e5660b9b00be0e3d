"""wingsctl schema."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated

import typer

from wingsctl.cli.options import Format, OutputFormat
from wingsctl.cli.output import reporting

HELP = """Print the JSON Schema of a profile, for editors.

\b
Example: wingsctl schema > wings.schema.json
"""


class SchemaOption(str, Enum):
    """What the schema describes."""

    profile = "profile"
    engine = "engine"
    model = "model"
    accelerator = "accelerator"
    fabric = "fabric"


def command(
    kind: Annotated[
        SchemaOption,
        typer.Argument(metavar="[KIND]", help=f"One of {', '.join(SchemaOption)}."),
    ] = SchemaOption.profile,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, read, print."""
    with reporting("schema", output) as report:
        from wingsctl.actions.export_schema import export_schema

        text = export_schema(kind.value)
        report.done(json.loads(text) if report.is_data else None, text)
