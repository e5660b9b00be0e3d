"""wingsctl explain."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from wingsctl.cli.names import key_paths
from wingsctl.cli.options import Format, OutputFormat
from wingsctl.cli.output import reporting
from wingsctl.cli.schema import SchemaOption

if TYPE_CHECKING:
    from wingsctl.catalog.schema_keys import SchemaKey

HELP = """Explain a key of a profile, and the keys below it.

\b
Example: wingsctl explain autoscaling.triggers
Example: wingsctl explain usableGib --kind accelerator
"""
WIDTH = 80


def command(
    key: Annotated[
        str,
        typer.Argument(
            metavar="[KEY]",
            help="Dotted path; without it the whole profile.",
            autocompletion=key_paths,
        ),
    ] = "",
    kind: Annotated[
        SchemaOption, typer.Option("--kind", help="What has the key.")
    ] = SchemaOption.profile,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, look up, print."""
    with reporting("explain", output) as report:
        from wingsctl.actions.explain_key import explain_key

        found = explain_key(key, kind.value)
        report.done(asdict(found), _text(found, kind.value))


def _text(found: SchemaKey, kind: str) -> str:
    lines = [f"{found.path or kind}  <{found.kind}>{_required(found)}", *_folded(found, "  ")]
    for child in found.children:
        name = child.path.rsplit(".", 1)[-1]
        lines += ["", f"  {name}  <{child.kind}>{_required(child)}", *_folded(child, "    ")]
    return "\n".join(lines)


def _required(key: SchemaKey) -> str:
    return " required" if key.is_required and key.path else ""


def _folded(key: SchemaKey, indent: str) -> list[str]:
    choices = f" One of: {', '.join(key.choices)}." if key.choices else ""
    return wrap(
        key.description + choices, WIDTH, initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
