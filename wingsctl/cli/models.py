"""wingsctl models."""

from __future__ import annotations

from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wingsctl.cli.options import Format, OutputFormat, catalog_dirs
from wingsctl.cli.output import reporting

if TYPE_CHECKING:
    from wingsctl.actions.add_model import AddedModel

HELP = """Add models to a catalog of your own, from their files.

\b
Example: wingsctl models add Qwen/Qwen3-8B
"""
ADD_HELP = """Read a model's own files and write an entry of your catalog.

MODEL is a directory, or owner/name[@revision] of the hub; a directory that exists counts first.
Of the weights only the headers are read: names, types and shapes of the tensors.
The hub's own client sends the requests. It takes HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_OFFLINE,
or MODELSCOPE_ENDPOINT, MODELSCOPE_API_TOKEN, MODELSCOPE_CACHE, and HTTPS_PROXY, NO_PROXY.

\b
Example: wingsctl models add Qwen/Qwen3-8B --catalog catalog
Example: wingsctl models add our-team/our-model@v2 --hub modelscope
Example: wingsctl models add ./checkpoints/our-model --name our-team/our-model
"""
DEFAULT_DIR = Path("catalog")

app = typer.Typer(help=HELP, rich_markup_mode=None, no_args_is_help=True)


class HubOption(str, Enum):
    """The hubs."""

    huggingface = "huggingface"
    modelscope = "modelscope"


@app.callback()
def _root() -> None:
    """So that `add` stays a word of its own."""


@app.command("add", help=ADD_HELP)
def add_command(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="owner/name[@revision], or a directory.")
    ],
    catalog: Annotated[
        Path | None,
        typer.Option(
            "--catalog",
            metavar="DIR",
            help="The entry goes to DIR/models/<last part of the name>.yaml. By default the first "
            "directory of WINGSCTL_CATALOG, else ./catalog; it is made where it is missing.",
        ),
    ] = None,
    hub: Annotated[
        HubOption, typer.Option("--hub", help="Where owner/name is.")
    ] = HubOption.huggingface,
    offline: Annotated[
        bool, typer.Option("--offline", help="Read the cache of the hub's client only.")
    ] = False,
    name: Annotated[
        str,
        typer.Option(
            "--name", metavar="NAME", help="Name of the entry; by default the repository's."
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an entry that exists.")] = False,
    timeout: Annotated[
        float,
        typer.Option("--timeout", min=1, max=86400, metavar="SECONDS", help="For all requests."),
    ] = 300,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, add, print."""
    with reporting("models add", output) as report:
        from wingsctl.actions.add_model import AddRequest, add_model

        directory = next(iter(catalog_dirs([catalog] if catalog else None)), DEFAULT_DIR)
        added = add_model(AddRequest(model, directory, hub.value, offline, name, force, timeout))
        report.done(asdict(added), _text(added))


def _text(added: AddedModel) -> str:
    """What was found, and what goes into a profile."""
    classes = ", ".join(f"{kind} {size:.3g}" for kind, size in added.tensor_gib.items())
    size = f"{added.checkpoint_gib:,.2f} GiB" if added.checkpoint_gib else "no weight files"
    rows = [
        ("wrote", added.path),
        ("from", added.source),
        ("parameters", f"{added.parameters:,}"),
        ("formats", ", ".join(added.formats)),
        ("length", f"{added.length:,} tokens" if added.length else "not stated"),
        ("checkpoint", size + (f" ({classes})" if classes else "")),
        ("licence", added.licence),
        ("gate", f"accept the licence at {added.gate}; pods need a token" if added.gate else ""),
        ("chat template", "its own" if added.chat_template else "none"),
        *(("note", each) for each in added.remarks),
        *(("uncertain", each) for each in added.uncertain),
    ]
    lines = [f"{key}   {value}" for key, value in rows if value]
    return "\n".join([*lines, "", "In a profile:", added.profile])
