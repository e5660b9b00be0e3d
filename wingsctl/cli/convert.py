"""wingsctl convert."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wingsctl.cli.names import names_of
from wingsctl.cli.options import CatalogDirs, Format, OutputFormat, catalog_dirs
from wingsctl.cli.output import Report, put, reporting, say, show_problems, table
from wingsctl.cli.words import WORDS
from wingsctl.errors import ProfileError

if TYPE_CHECKING:
    from wingsctl.actions.convert_manifests import ConvertResult

HELP = """Make a profile of what you run, and report each field.

\b
Example: wingsctl convert deployment.yaml service.yaml --to chat.wings.yaml
Example: wingsctl convert compose.yaml --accelerator nvidia-l4
Example: wingsctl convert --accelerator nvidia-l4 -- vllm serve Qwen/Qwen3-8B
"""
HEADINGS = ("LINE", "FIELD", "OUTCOME", "KEY", "WHY, AND WHAT TO DO")


def command(
    ctx: typer.Context,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE...] [-- COMMAND...]",
            help="Manifests, values, compose files, "
            "text with a command; - is standard input. Or one command.",
        ),
    ] = None,
    accelerator: Annotated[
        str,
        typer.Option(
            "--accelerator",
            metavar="NAME",
            autocompletion=names_of("accelerators"),
            help="Where the input names none.",
        ),
    ] = "",
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="NAME",
            autocompletion=names_of("models"),
            help="Instead of the name that is read.",
        ),
    ] = "",
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="NAME",
            autocompletion=names_of("engines"),
            help="Where images do not give it away.",
        ),
    ] = "",
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the profile.")] = "",
    only: Annotated[
        str, typer.Option("--only", metavar="NAME", help="The one of several workloads.")
    ] = "",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Write the profile there.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace that file.")] = False,
    catalog: CatalogDirs = None,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, convert, print."""
    words = ctx.meta[WORDS]
    if bool(words) == bool(inputs):
        ctx.fail("give files, or one command behind --")
    with reporting("convert", output) as report:
        from wingsctl.actions.convert_manifests import ConvertRequest, convert_manifests
        from wingsctl.convert.conversion import Wishes

        wishes = Wishes(name, model, engine, accelerator, only)
        result = convert_manifests(
            ConvertRequest(inputs or (), words, wishes, catalog_dirs(catalog), to, force)
        )
        _print(report, result, to)


def _print(report: Report, result: ConvertResult, to: Path | None) -> None:
    data = {
        "profile": result.profile,
        "file": str(to) if to and result.profile else None,
        "fields": [asdict(row) for row in result.rows],
    }
    if not report.is_data:
        show_report(result)
    if result.profile is None:
        problems = result.missing if not report.is_data else [*result.missing, *result.warnings]
        error = ProfileError("the input is not enough for a profile", problems=problems)
        report.fail(error, data)
        raise typer.Exit(error.exit_code)
    if report.is_data:
        report.done(data, "", result.warnings)
    elif to:
        put(f"{to}: written")
    else:
        put(result.profile)


def show_report(result: ConvertResult) -> None:
    """Each field, and what became of it, for people; warnings are below."""
    from wingsctl.convert.report import OUTCOMES, counted, grouped

    files = list(dict.fromkeys(row.file for row in result.rows))
    for file in files:
        rows = [row for row in result.rows if row.file == file]
        say(f"{file}:")
        say(table([_line(each) for each in grouped(rows)], HEADINGS))
    counts = counted(result.rows)
    say(", ".join(f"{counts[each]} {each}" for each in OUTCOMES) + "\n")
    show_problems(result.warnings)


def _line(group: Any) -> tuple[str, ...]:
    row = group.first
    more = f" ({group.count})" if group.count > 1 else ""
    why = f"{row.note}; {row.remedy}" if row.remedy else row.note
    return (str(row.line), group.where + more, row.outcome, row.key, why)
