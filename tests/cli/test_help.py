"""Help and usage errors."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from wingsctl.cli.root import HELM_VERBS

COMMANDS = [
    "init", "validate", "plan", "fit", "render", "install", "profiles", "profiles list",
    "profiles show", "schema", "explain",
]  # fmt: skip


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


def test_the_help_fits_a_terminal_and_cuts_no_sentence(wingsctl):
    lines = wingsctl("--help").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines[1:] if line.endswith("...")]


def test_the_help_shows_a_profile_that_is_valid(wingsctl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, _, rest = wingsctl("--help").stdout.partition("A profile, chat.wings.yaml:\n")
    text, _, then = rest.partition("Then: wingsctl ")
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
        (["validate", "x", "--output", "xml"], "'xml' is not one of 'text', 'json'"),
        (["validate", "x", "--output"], "requires an argument"),
        (["validate", "x", "--catalog"], "requires an argument"),
        (["render", "x", "-o"], "requires an argument"),
        (["profiles", "list", "--kind", "gpus"], "'gpus' is not one of"),
        (["profiles", "show", "x", "--kind", "gpus"], "'gpus' is not one of"),
        (["schema", "values"], "'values' is not one of"),
        (["schema", "profile", "more"], "unexpected extra argument"),
        (["install", "x", "y"], "unexpected extra argument"),
        (["install", "x", "--dry-run", "maybe"], "'maybe' is not one of 'client', 'server'"),
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
