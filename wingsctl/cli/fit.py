"""wingsctl fit."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from wingsctl.cli.choice_options import MODEL_HELP, Accelerators, EngineName, Length, Prices
from wingsctl.cli.names import names_of
from wingsctl.cli.options import CatalogDirs, Format, OutputFormat, catalog_dirs
from wingsctl.cli.output import reporting, table

if TYPE_CHECKING:
    from wingsctl.actions.fit_model import Offer

HELP = """Show which accelerators hold a model, and how many.

\b
Example: wingsctl fit qwen3-32b --length 32768 --requests 8
Example: wingsctl fit ./config.json --accelerator nvidia-h200
"""
HEADINGS = (
    "ACCELERATOR", "CARDS", "NODES", "VERDICT", "LENGTH", "TOKENS", "REQUESTS", "WEIGHTS", "SPARE",
    "AN HOUR", "",
)  # fmt: skip


def command(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help=MODEL_HELP,
            autocompletion=names_of("models"),
        ),
    ],
    length: Length = None,
    requests: Annotated[
        int, typer.Option("--requests", min=1, help="Requests of that length at once.")
    ] = 1,
    accelerator: Accelerators = None,
    engine: EngineName = "vllm",
    prices: Prices = None,
    catalog: CatalogDirs = None,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, ask, print."""
    with reporting("fit", output) as report:
        from wingsctl.actions.fit_model import FitRequest, fit_model

        request = FitRequest(
            model, engine, length, requests, accelerator or (), prices, catalog_dirs(catalog)
        )
        found = fit_model(request)
        rows = [_row(offer) for offer in found]
        text = table(rows, HEADINGS) if rows else "nothing of the catalog holds it"
        report.done([asdict(offer) for offer in found], text)


def _row(offer: Offer) -> tuple[str, ...]:
    tokens = "" if offer.tokens is None else str(offer.tokens)
    price = "" if offer.price is None else f"{offer.price:g}"
    return (
        offer.accelerator, str(offer.cards), str(offer.nodes), offer.verdict, str(offer.length),
        tokens, f"{offer.requests:g}", f"{offer.weights_gib:.1f} GiB", f"{offer.spare_gib:.1f} GiB",
        price, offer.reason,
    )  # fmt: skip
