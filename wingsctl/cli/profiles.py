"""wingsctl profiles."""

from __future__ import annotations

from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from wingsctl.cli.names import KINDS, names_of
from wingsctl.cli.options import CatalogDirs, Format, OutputFormat, catalog_dirs
from wingsctl.cli.output import reporting, table

if TYPE_CHECKING:
    from wingsctl.catalog.catalog import Kind

HELP = """List, search and show the entries of the catalog.

\b
Example: wingsctl profiles list qwen 7b
Example: wingsctl profiles show nvidia-t4
"""
LIST_HELP = """List the entries in which all words occur.

\b
Example: wingsctl profiles list --kind accelerators h200
"""
SHOW_HELP = """Print one entry as it stands in its file.

\b
Example: wingsctl profiles show deepseek-ai/DeepSeek-R1
"""

app = typer.Typer(help=HELP, rich_markup_mode=None)


class KindOption(str, Enum):
    """The kinds of the catalog."""

    engines = "engines"
    models = "models"
    accelerators = "accelerators"
    fabrics = "fabrics"
    triggers = "triggers"


KindChoice = Annotated[KindOption | None, typer.Option("--kind", help="Only this kind.")]


@app.callback(invoke_without_command=True)
def _default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_command()


@app.command("list", help=LIST_HELP)
def list_command(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]...", help="Only entries with all words."),
    ] = None,
    kind: KindChoice = None,
    catalog: CatalogDirs = None,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, list, print."""
    with reporting("profiles list", output) as report:
        from wingsctl.actions.list_profiles import list_profiles

        found = list_profiles(catalog_dirs(catalog), _kind(kind), words or [])
        rows = [(line.kind, line.name, line.summary, line.source) for line in found]
        text = table(rows, ("KIND", "NAME", "SUMMARY", "SOURCE")) if rows else "nothing found"
        report.done([asdict(line) for line in found], text)


@app.command("show", help=SHOW_HELP)
def show_command(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Name of an entry.", autocompletion=names_of(*KINDS)),
    ],
    kind: KindChoice = None,
    catalog: CatalogDirs = None,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, show, print."""
    with reporting("profiles show", output) as report:
        from wingsctl.actions.list_profiles import show_profile

        source, text = show_profile(name, catalog_dirs(catalog), _kind(kind))
        report.done({"source": source, "text": text}, text)


def _kind(choice: KindOption | None) -> Kind | None:
    return choice.value if choice else None
