"""wingsctl completion."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer
from typer.completion import (  # type: ignore[attr-defined]
    get_completion_inspect_parameters,
    get_completion_script,
)

from wingsctl.cli.output import put

HELP = """Print what makes a shell complete words of wingsctl.

\b
Example: source <(wingsctl completion bash)
Example: source <(wingsctl completion zsh)
Example: wingsctl completion fish > ~/.config/fish/completions/wingsctl.fish
"""
VARIABLE = "_WINGSCTL_COMPLETE"
"""Set by the scripts when they want words, and not a run."""


class Shell(str, Enum):
    """The shells."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"
    powershell = "powershell"


def register_shells() -> None:
    """Have typer know its shells; it does so where it adds its own two options, which we hide."""
    get_completion_inspect_parameters()


def command(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help=f"One of {', '.join(Shell)}.")],
) -> None:
    """Print the script of that shell, whichever one runs."""
    put(get_completion_script(prog_name="wingsctl", complete_var=VARIABLE, shell=shell.value))
