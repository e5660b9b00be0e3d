"""Options about model, engine and cards, which fit, init and convert share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wingsctl.cli.names import names_of

MODEL_HELP = "Name in the catalog, or a path: a config.json, or a model's directory."
EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="NAME",
        autocompletion=names_of("engines"),
        help="Engine of the catalog; vllm where nothing names another.",
    ),
]
Accelerators = Annotated[
    list[str] | None,
    typer.Option(
        "--accelerator",
        metavar="NAME",
        autocompletion=names_of("accelerators"),
        help="This card alone; init also takes none, for CPUs. Repeatable.",
    ),
]
Length = Annotated[
    int | None,
    typer.Option(
        "--length", metavar="N", min=1, help="Tokens of the longest request; else what fits."
    ),
]
Prices = Annotated[
    Path | None,
    typer.Option("--prices", metavar="FILE", help="YAML of yours: accelerator, price of an hour."),
]
