"""Help and usage errors."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from tests.support.rows import check_rows
from wingsctl.cli.main import app
from wingsctl.cli.root import HELM_VERBS

ROOT = get_command(app)
COMMANDS = [
    " ".join(filter(None, (name, inner)))
    for name, command in ROOT.commands.items()
    for inner in ("", *getattr(command, "commands", {}))
]


def test_help_names_every_command(wingsctl):
    outcome = wingsctl("--help")
    assert outcome.code == 0
    for command in COMMANDS:
        assert command.split()[0] in outcome.stdout


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_of_a_command_shows_an_example(command, flag, wingsctl):
    outcome = wingsctl(*command.split(), flag)
    assert outcome.code == 0
    assert f"Example: wingsctl {command.split()[0]}" in outcome.stdout
    assert outcome.stderr == ""


def test_every_help_fits_a_terminal_and_cuts_no_sentence(wingsctl):
    def check(command: str) -> Iterator[str]:
        lines = wingsctl(*command.split(), "--help").stdout.splitlines()
        yield from (f"too long: {line}" for line in lines if len(line) > 80)
        cut = [line for line in lines if re.search(r"[^A-Z\])]\.\.\.$", line)]
        yield from (f"cut: {line}" for line in cut)
        if "examples/" in " ".join(lines):
            yield "names a file that is not on the machine of an installed user"
        if ("Documentation: " in "".join(lines)) != (command == ""):
            yield "the root alone names the documentation"

    check_rows(["", *COMMANDS], check, lambda command: command or "wingsctl")


def test_every_command_with_a_result_prints_it_for_programs(wingsctl):
    groups = {command.split()[0] for command in COMMANDS if " " in command}

    def check(command: str) -> Iterator[str]:
        text = wingsctl(*command.split(), "--help").stdout
        of_charts = command in ("render", "install")
        option = "  --output <text|json|yaml" if of_charts else "  -o, --output <text|json|yaml"
        if option not in text:
            yield "has no -o json|yaml"

    check_rows([each for each in COMMANDS if each not in {*groups, "completion"}], check)


def test_the_help_shows_a_profile_that_is_valid(wingsctl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, _, rest = wingsctl("--help").stdout.partition("A profile, chat.wings.yaml:\n")
    text, _, then = rest.partition("Then: wingsctl ")
    then = then.splitlines()[0]
    Path("chat.wings.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
    outcome = wingsctl(*then.split())
    assert outcome.code == 0
    assert outcome.stdout.startswith("chat: fits\n")


@pytest.mark.parametrize("verb", HELM_VERBS)
def test_a_verb_of_helms_is_answered_with_its_line(verb, wingsctl):
    outcome = wingsctl(verb, "x")
    assert outcome.code == 2
    assert f"{verb!r} is left to helm: {HELM_VERBS[verb]}" in " ".join(outcome.stderr.split())


@pytest.mark.parametrize("command", ["render", "install"])
def test_a_format_is_no_directory(command, wingsctl, examples, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = wingsctl(command, examples / "minimal.wings.yaml", "-o", "json")
    assert outcome.code == 2
    assert "write ./json for a directory, or --output json" in " ".join(outcome.stderr.split())
    assert not Path("json").exists()


@pytest.mark.parametrize("spelling", [("-o", "./json"), ("-o", "out"), ("--output-dir", "json")])
def test_the_directory_of_charts_and_its_older_spelling(
    spelling, wingsctl, examples, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    outcome = wingsctl("render", examples / "minimal.wings.yaml", *spelling)
    option, directory = spelling
    assert outcome.code == 0
    assert Path(directory, "chat", "Chart.yaml").is_file()
    warning = f"warning: write --output-dir {directory}: "
    assert outcome.stderr.startswith(warning) if option == "-o" else outcome.stderr == ""


def test_one_directory_is_enough(wingsctl):
    outcome = wingsctl("render", "x", "-o", "a", "--output-dir", "b")
    assert outcome.code == 2
    assert "give one of them" in outcome.stderr


def test_no_arguments_show_the_help(wingsctl):
    outcome = wingsctl()
    assert outcome.code == 2
    assert "Usage: wingsctl" in outcome.stdout + outcome.stderr


@pytest.mark.parametrize("arguments", [["--version"], ["--version", "validate"]])
def test_version(arguments, wingsctl):
    from wingsctl import __version__

    outcome = wingsctl(*arguments)
    assert (outcome.code, outcome.stdout) == (0, f"wingsctl {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["validate"], "Missing argument 'PROFILE...'"),
        (["plan"], "Missing argument 'PROFILE...'"),
        (["render"], "Missing argument 'PROFILE...'"),
        (["install"], "Missing argument 'PROFILE|CHART'"),
        (["profiles", "show"], "Missing argument 'NAME'"),
        (["deploy"], "No such command 'deploy'"),
        (["profiles", "delete"], "No such command 'delete'"),
        (["validate", "x", "--strict"], "No such option: --strict"),
        (["render", "x", "--chek"], "--check"),
        (["validate", "x", "--output", "xml"], "'xml' is not one of 'text', 'json', 'yaml'"),
        (["validate", "x", "--output"], "requires an argument"),
        (["validate", "x", "--catalog"], "requires an argument"),
        (["render", "x", "-o"], "requires an argument"),
        (["profiles", "list", "--kind", "gpus"], "'gpus' is not one of"),
        (["profiles", "show", "x", "--kind", "gpus"], "'gpus' is not one of"),
        (["schema", "values"], "'values' is not one of"),
        (["schema", "profile", "more"], "unexpected extra argument"),
        (["install", "x", "y"], "unexpected extra argument"),
        (["install", "x", "--dry-run=maybe"], "'maybe' is not one of 'client', 'server'"),
        (["install", "x", "--set"], "requires an argument"),
        (["plan", "x", "--gateway-image", "two words"], "repository[:tag][@sha256:digest]"),
        (["plan", "x", "--gateway-image", "https://a/b"], "repository[:tag][@sha256:digest]"),
        (["render", "x", "--gateway-image", "a:b:c"], "repository[:tag][@sha256:digest]"),
        (["install", "x", "--gateway-image", "a@sha256:1"], "repository[:tag][@sha256:digest]"),
    ],
)
def test_usage_errors_end_with_2(arguments, message, wingsctl):
    outcome = wingsctl(*arguments)
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert message in " ".join(outcome.stderr.split())
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    "image",
    [
        "wings-infer", "registry.example:5000/team/wings-infer:1.0",
        "ghcr.io/a/b@sha256:" + "0" * 64,
        "a/b:c@sha256:" + "f" * 64,
    ],
)  # fmt: skip
def test_gateway_images_that_are_taken(image, wingsctl, examples):
    assert wingsctl("plan", examples / "minimal.wings.yaml", "--gateway-image", image).code == 0
