"""Options that several commands share, declared once."""

from __future__ import annotations

import os
import re
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class Format(str, Enum):
    """How the result is printed."""

    text = "text"
    json = "json"
    yaml = "yaml"


_IMAGE = (
    r"[a-z0-9][A-Za-z0-9._-]*(:[0-9]+)?(/[A-Za-z0-9._-]+)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?"
)
ProfilePaths = Annotated[
    list[str], typer.Argument(metavar="PROFILE...", help="Profiles; - is standard input.")
]
OutputFormat = Annotated[
    Format, typer.Option("-o", "--output", help="text for people, the others for programs.")
]
CatalogDirs = Annotated[
    list[Path] | None,
    typer.Option(
        "--catalog",
        metavar="DIR",
        help="Your own catalog; wins over the built-in one. Repeatable. [env: WINGSCTL_CATALOG]",
    ),
]


def _image(text: str) -> str:
    if text and not re.fullmatch(_IMAGE, text):
        raise typer.BadParameter("write repository[:tag][@sha256:digest]")
    return text


GatewayImage = Annotated[
    str,
    typer.Option(
        "--gateway-image",
        callback=_image,
        envvar="WINGSCTL_GATEWAY_IMAGE",
        show_envvar=False,
        metavar="IMAGE",
        help="Where you pushed wings-infer: repository[:tag][@digest]. "
        "[env: WINGSCTL_GATEWAY_IMAGE]",
    ),
]


Force = Annotated[
    bool,
    typer.Option("--force", help="Replace a chart with changes of yours; the old one is kept."),
]


def catalog_dirs(given: list[Path] | None) -> list[Path]:
    """`--catalog`, then the directories of WINGSCTL_CATALOG (separated as in PATH)."""
    named = os.environ.get("WINGSCTL_CATALOG", "")
    return [*(given or []), *(Path(part) for part in named.split(os.pathsep) if part)]
