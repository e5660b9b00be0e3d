"""The app: commands by name, and the one place where an exit code is chosen."""

from __future__ import annotations

import os
from collections.abc import Callable

import typer

from wingsctl.cli import (
    completion,
    convert,
    example,
    explain,
    fit,
    init,
    install,
    models,
    pause,
    plan,
    profiles,
    render,
    schema,
    validate,
)
from wingsctl.cli.output import report_bug, say
from wingsctl.cli.root import Root

app = typer.Typer(
    name="wingsctl",
    cls=Root,
    help="Render small, checked Helm charts that run large language models on Kubernetes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
app.command("init", cls=init.Command, help=init.HELP)(init.command)
app.command("validate", help=validate.HELP)(validate.command)
app.command("plan", help=plan.HELP)(plan.command)
app.command("convert", help=convert.HELP, cls=convert.ConvertCommand)(convert.command)
app.command("example", help=example.HELP)(example.command)
app.command("fit", help=fit.HELP)(fit.command)
app.command("render", help=render.HELP)(render.command)
app.command("install", cls=install.InstallCommand, help=install.HELP)(install.command)
app.command("pause", help=pause.PAUSE_HELP)(pause.pause_command)
app.command("resume", help=pause.RESUME_HELP)(pause.resume_command)
app.add_typer(models.app, name="models")
app.add_typer(profiles.app, name="profiles")
app.command("schema", help=schema.HELP)(schema.command)
app.command("explain", help=explain.HELP)(explain.command)
app.command("completion", help=completion.HELP)(completion.command)


def _print_version(value: bool) -> None:
    if value:
        from wingsctl import __version__

        typer.echo(f"wingsctl {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "-V", "--version", is_eager=True, callback=_print_version, help="Print the version."
    ),
) -> None:
    """Options of wingsctl itself."""


def run(arguments: list[str] | None = None, commands: Callable[..., object] = app) -> int:
    """Run the command line; usage errors end with 2, an interrupt with 130, a bug with 1."""
    if completion.VARIABLE in os.environ:
        completion.register_shells()
    try:
        commands(arguments, prog_name="wingsctl")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except Exception:
        report_bug()
        return 1
    return 0
