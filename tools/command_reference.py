"""docs/reference/commands.md: every command, from the command line itself."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import typer

from wingsctl import errors
from wingsctl.cli.main import app

HEAD = """# The commands

Generated from the command line by `make generate`; do not edit.

Data goes to standard output and messages to standard error. `--output json` and `--output yaml`
print one [envelope](json-output.md). What the [exit codes](exit-codes.md) say:

"""
PLAIN_CODES = {
    0: "done",
    1: "a bug, or something unexpected: please report it",
    2: "the command line is wrong",
    130: "interrupted",
}


def commands_page() -> str:
    """The page as Markdown."""
    codes = "\n".join(f"| {code} | {text} |" for code, text in sorted(exit_codes().items()))
    sections = [_section(name, command) for name, command in _commands()]
    return HEAD + f"| code | |\n|---|---|\n{codes}\n\n" + "\n\n".join(sections) + "\n"


def exit_codes() -> dict[int, str]:
    """Exit code -> what it says."""
    codes = dict(PLAIN_CODES)
    for error in _subclasses(errors.WingsError):
        text = str(error.__doc__).strip().splitlines()[0].rstrip(".")
        codes[error.exit_code] = text[0].lower() + text[1:]
    return codes


def _subclasses(error: type[errors.WingsError]) -> Iterator[type[errors.WingsError]]:
    for each in error.__subclasses__():
        yield each
        yield from _subclasses(each)


def _commands() -> Iterator[tuple[str, Any]]:
    root: Any = typer.main.get_command(app)
    yield "wingsctl", root
    for name, command in root.commands.items():
        yield f"wingsctl {name}", command
        for inner, leaf in getattr(command, "commands", {}).items():
            yield f"wingsctl {name} {inner}", leaf


def _section(name: str, command: Any) -> str:
    lines = [line.strip() for line in textwrap.dedent(command.help or "").splitlines()]
    examples = [line.split(":", 1)[1].strip() for line in lines if line.startswith("Example:")]
    text = " ".join(
        line for line in lines if line and line not in ("\b",) and "Example:" not in line
    )
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    usage = " ".join([name, *(_metavar(each) for each in arguments)])
    parts = [f"## {name}", text, f"```text\n{usage} [OPTIONS]\n```"]
    if examples:
        parts.append("```sh\n" + "\n".join(examples) + "\n```")
    rows = [_row(f"`{_metavar(each)}`", each) for each in arguments]
    rows += [_row(f"`{_spelling(each)}`", each) for each in options]
    return "\n\n".join([*parts, "| | |\n|---|---|\n" + "\n".join(rows)] if rows else parts)


def _metavar(argument: Any) -> str:
    shown = argument.metavar or argument.name.upper()
    return shown if argument.required else f"[{shown}]"


def _spelling(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or _choices(option) or 'TEXT'}"
    return ", ".join(option.opts) + value


def _choices(option: Any) -> str:
    return "|".join(
        str(getattr(each, "value", each)) for each in getattr(option.type, "choices", ())
    )


def _row(shown: str, parameter: Any) -> str:
    text = (getattr(parameter, "help", None) or "").strip()
    default = parameter.default
    if default not in (None, False, "", ()) and not callable(default):
        text += f" Default: `{getattr(default, 'value', default)}`."
    variable = parameter.envvar
    if variable and str(variable) not in text:
        text += f" [env: {variable}]"
    cells = [cell.replace("|", "\\|") for cell in (shown, text.strip())]
    return f"| {cells[0]} | {cells[1]} |".replace("|  |", "| |")
