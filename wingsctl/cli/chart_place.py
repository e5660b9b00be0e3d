"""Where charts are written: --output-dir, and its older spelling -o."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wingsctl.cli.options import Format
from wingsctl.cli.output import say

FORMATS = ("text", "json", "yaml", "html")
DEFAULT = Path("charts")


def _no_format(text: str | None) -> str | None:
    """A format is not meant as a directory."""
    if text in FORMATS:
        raise typer.BadParameter(f"write ./{text} for a directory, or --output {text}")
    return text


OutputDir = Annotated[
    Path | None,
    typer.Option(
        "--output-dir",
        metavar="DIR",
        help="The chart goes to DIR/<name>; by default charts/<name>.",
    ),
]
OldOutputDir = Annotated[
    str | None,
    typer.Option("-o", callback=_no_format, metavar="DIR", help="Older spelling of --output-dir."),
]
OutputOfCharts = Annotated[
    Format, typer.Option("--output", help="text for people, the others for programs.")
]
"""As OutputFormat, while `-o` is a directory here."""


def chart_place(given: Path | None, old: str | None) -> Path:
    """The directory for charts; warns about `-o`, which is the format's option elsewhere."""
    if old is None:
        return given or DEFAULT
    if given is not None:
        raise typer.BadParameter("-o is the older spelling of --output-dir: give one of them")
    say(f"warning: write --output-dir {old}: in the next version -o is the format of the output")
    return Path(old)
