"""wingsctl schema."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated

import typer

from wingsctl.cli.options import CatalogDirs, Format, OutputFormat, catalog_dirs
from wingsctl.cli.output import reporting

HELP = """Print the JSON Schema of a profile, for editors.

A profile's offers the names in the catalog, and takes any other.

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
    catalog: CatalogDirs = None,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, read, print."""
    with reporting("schema", output) as report:
        from wingsctl.actions.export_schema import schema_for_editors

        text = schema_for_editors(kind.value, catalog_dirs(catalog))
        report.done(json.loads(text) if report.is_data else None, text)
