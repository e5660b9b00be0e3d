"""One envelope on stdout for programs, its keys pinned for every command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.support.processes import fake_helm
from wingsctl.adapters.yaml_output import yaml_output

ENVELOPE = ["version", "command", "ok", "data", "problems", "error"]
ERROR = ["code", "exitCode", "message", "hint"]
PROBLEM = ["file", "line", "column", "path", "message", "hint", "severity"]
MISSING = "no-such.wings.yaml"
IMAGE = "registry.example/wings-infer:0.1.0"
SCHEMA_KEYS = [
    "$defs", "$schema", "additionalProperties", "description", "properties", "required", "type",
]  # fmt: skip


def keys(data: object) -> object:
    """The keys of a mapping, or of the first entry of a list."""
    if isinstance(data, list):
        return [keys(data[0])] if data else []
    return list(data) if isinstance(data, dict) else type(data).__name__


def run(wingsctl, *arguments: object) -> tuple[int, dict]:
    outcome = wingsctl(*arguments, "--output", "json")
    assert outcome.stderr == ""
    envelope = json.loads(outcome.stdout)
    assert list(envelope) == ENVELOPE
    assert envelope["version"] == 1
    return outcome.code, envelope


SUCCESSES = {
    "init": (
        ["init", "--model", "qwen3-8b", "--accelerator", "nvidia-l40s", "--yes", "--to", "-"],
        ["proposals", "chosen", "remarks", "profile"],
    ),
    "validate": (["validate", "MINIMAL"], [["file", "valid", "verdict"]]),
    "plan": (
        ["plan", "MINIMAL"],
        [["name", "topology", "decisions", "figures", "commands", "needs"]],
    ),
    "explain": (
        ["explain", "model.source"],
        ["path", "kind", "description", "is_required", "choices", "children"],
    ),
    "render": (["render", "MINIMAL", "--output-dir", "OUT"], [["name", "directory", "changed"]]),
    "install": (
        ["install", "MINIMAL", "--output-dir", "OUT", "--helm", "HELM", "--gateway-image", IMAGE],
        ["release", "chart", "command", "commands", "addresses", "helmOutput"],
    ),
    "example": (["example"], [["kind", "name", "summary"]]),
    "profiles list": (["profiles", "list", "t4"], [["kind", "name", "summary", "source"]]),
    "profiles show": (["profiles", "show", "nvidia-t4"], ["source", "text"]),
    "schema": (
        ["schema", "fabric"],
        SCHEMA_KEYS,
    ),
}  # fmt: skip


@pytest.fixture
def words(examples: Path, tmp_path: Path) -> dict[str, str]:
    helm = fake_helm(tmp_path / "bin", does="echo installed")
    return {
        "MINIMAL": str(examples / "minimal.wings.yaml"),
        "OUT": str(tmp_path / "out"),
        "HELM": str(helm.path),
    }


@pytest.mark.parametrize("command", SUCCESSES)
def test_keys_of_a_success(command, wingsctl, words):
    arguments, expected = SUCCESSES[command]
    code, envelope = run(wingsctl, *(words.get(word, word) for word in arguments))
    assert code == 0
    assert envelope["command"] == command
    assert (envelope["ok"], envelope["error"], envelope["problems"]) == (True, None, [])
    if command == "schema":
        assert sorted(envelope["data"]) == expected
    else:
        assert keys(envelope["data"]) == expected


@pytest.mark.parametrize("command", SUCCESSES)
def test_yaml_is_the_same_envelope(command, wingsctl, words):
    arguments = [words.get(word, word) for word in SUCCESSES[command][0]]
    short = "--output" if command in ("render", "install") else "-o"
    run(wingsctl, *arguments)  # the first render says that it changed something
    _, expected = run(wingsctl, *arguments)
    outcome = wingsctl(*arguments, short, "yaml")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout.isascii()
    assert list(read(outcome.stdout)) == ENVELOPE
    assert read(outcome.stdout) == expected


def read(text: str) -> dict:
    """By YAML 1.1, whose readers take more words for something else than text."""
    data = yaml.safe_load(text)
    assert YAML(typ="safe", pure=True).load(text) == data
    return data


def test_a_failure_in_yaml(wingsctl):
    outcome = wingsctl("validate", MISSING, "-o", "yaml")
    assert (outcome.code, outcome.stderr) == (3, "")
    assert read(outcome.stdout) == run(wingsctl, "validate", MISSING)[1]


ODD = st.text(alphabet="a1:-#|>'\"\\ \n\t\r\x00\x85\u2028\ufeffé模", max_size=9)
WORDS = st.sampled_from(
    ["no", "1", "1e3", "0x10", "1_000", "12:30:45", "~", "a\nb\n", "2026-01-02"]
)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TREES = st.recursive(
    st.none() | st.booleans() | NUMBERS | ODD | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD | WORDS, inner, max_size=3),
    max_leaves=9,
)


@given(TREES)
def test_yaml_readers_get_what_json_readers_get(data):
    assert read(yaml_output({"data": data})) == json.loads(json.dumps({"data": data}))


def test_keys_of_a_decision(wingsctl, words):
    _, envelope = run(wingsctl, "plan", words["MINIMAL"])
    decisions = envelope["data"][0]["decisions"]
    assert {tuple(each) for each in decisions} == {("key", "value", "source")}


FAILURES = {
    "init": (["init", "--model", "qwen3-8x", "--accelerator", "none", "--yes"], "profile", 3),
    "validate": (["validate", MISSING], "profile", 3),
    "plan": (["plan", MISSING], "profile", 3),
    "render": (["render", MISSING, "--output-dir", "OUT"], "profile", 3),
    "install": (["install", MISSING, "--helm", "HELM"], "profile", 3),
    "install without helm": (["install", MISSING, "--helm", "/no/helm"], "tool", 6),
    "profiles list": (["profiles", "list", "--catalog", "/no/such"], "profile", 3),
    "profiles show": (["profiles", "show", "nvidia-t44"], "profile", 3),
}


@pytest.mark.parametrize("name", FAILURES)
def test_keys_of_a_failure(name, wingsctl, words):
    arguments, code_word, exit_code = FAILURES[name]
    code, envelope = run(wingsctl, *(words.get(word, word) for word in arguments))
    assert code == exit_code
    assert envelope["command"] == name.removesuffix(" without helm")
    assert (envelope["ok"], envelope["data"]) == (False, None)
    assert list(envelope["error"]) == ERROR
    assert (envelope["error"]["code"], envelope["error"]["exitCode"]) == (code_word, exit_code)
    assert {tuple(each) for each in envelope["problems"]} <= {tuple(PROBLEM)}


def test_drift_is_a_failure_with_data(wingsctl, words):
    code, envelope = run(
        wingsctl, "render", words["MINIMAL"], "--output-dir", words["OUT"], "--check"
    )
    assert code == 10
    assert (envelope["ok"], envelope["error"]["code"]) == (False, "drift")
    assert keys(envelope["data"]) == [["name", "directory", "changed", "diff"]]
    assert envelope["data"][0]["changed"] is True


def test_a_check_without_drift_has_an_empty_diff(wingsctl, words):
    run(wingsctl, "render", words["MINIMAL"], "--output-dir", words["OUT"])
    code, envelope = run(
        wingsctl, "render", words["MINIMAL"], "--output-dir", words["OUT"], "--check"
    )
    assert code == 0
    assert (envelope["data"][0]["changed"], envelope["data"][0]["diff"]) == (False, "")


def test_warnings_are_problems_of_a_success(wingsctl, examples):
    path = examples / "deepseek-r1-2x8-h200-roce.wings.yaml"
    code, envelope = run(wingsctl, "validate", path)
    assert (code, envelope["ok"]) == (0, True)
    assert {each["severity"] for each in envelope["problems"]} == {"warning"}


def test_helm_output_is_in_the_envelope(wingsctl, words):
    place = ("--output-dir", words["OUT"], "--helm", words["HELM"], "--gateway-image", IMAGE)
    _, envelope = run(wingsctl, "install", words["MINIMAL"], *place)
    assert envelope["data"]["helmOutput"] == "installed\n"


def test_a_failing_helm_is_named_in_the_envelope(wingsctl, words, tmp_path):
    helm = fake_helm(tmp_path / "failing", does="echo 'Error: no cluster' >&2; exit 1")
    place = ("--output-dir", words["OUT"], "--helm", helm.path, "--gateway-image", IMAGE)
    code, envelope = run(wingsctl, "install", words["MINIMAL"], *place)
    assert code == 6
    assert envelope["error"] == {
        "code": "tool", "exitCode": 6, "message": "helm ended with status 1",
        "hint": "Error: no cluster",
    }  # fmt: skip
