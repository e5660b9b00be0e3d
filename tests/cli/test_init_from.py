"""`wingsctl init --from`: what runs today becomes a profile, after questions about the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.terminal import type_lines

ENGINE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  template:
    spec:
      containers:
        - name: engine
          image: vllm/vllm-openai:v0.11.0
          args: [Qwen/Qwen3-8B, --max-model-len, "8192"]
"""
COMMAND = ("--", "vllm", "serve", "Qwen/Qwen3-8B", "--max-model-len", "8192")


@pytest.fixture
def run(wingsctl, tmp_path, monkeypatch):
    """In a directory with a manifest; `typed` is what a person answers."""
    monkeypatch.chdir(tmp_path)
    Path("chat.yaml").write_text(ENGINE)

    def init(*words: str, typed: tuple[str, ...] = ()):
        if typed:
            type_lines(monkeypatch, *typed)
        return wingsctl("init", *words)

    return init


@pytest.mark.parametrize(
    ("words", "file"), [(("--from", "chat.yaml"), "chat"), (COMMAND, "qwen3-8b")]
)
def test_the_file_is_what_convert_makes_of_it(run, wingsctl, words, file):
    outcome = run("--accelerator", "nvidia-l4", "--yes", *words)
    assert (outcome.code, outcome.stdout.splitlines()[0]) == (0, f"wrote {file}.wings.yaml")
    inputs = words[1:] if words[0] == "--from" else words
    converted = wingsctl("convert", "--accelerator", "nvidia-l4", *inputs)
    assert Path(f"{file}.wings.yaml").read_text() == converted.stdout
    assert wingsctl("validate", f"{file}.wings.yaml").code == 0


def test_a_person_answers_what_the_input_leaves_open(run):
    outcome = run("--from", "chat.yaml", typed=("nvidia-l44", "nvidia-l4"))
    assert outcome.code == 0, outcome.stderr
    assert "the input does not name the accelerator" in outcome.stderr
    assert "did you mean nvidia-l4" in outcome.stderr
    assert "accelerator: nvidia-l4\n" in Path("chat.wings.yaml").read_text()


def test_without_a_person_the_option_is_named_and_nothing_is_written(run):
    outcome = run("--yes", "--from", "chat.yaml")
    assert outcome.code == 3
    assert "give --accelerator" in outcome.stderr
    assert not list(Path().glob("*.wings.yaml"))


def test_a_profile_that_is_there_stays(run):
    Path("chat.wings.yaml").write_text("mine")
    words = ("--from", "chat.yaml", "--accelerator", "nvidia-l4", "--yes")
    assert run(*words).code == 3
    assert Path("chat.wings.yaml").read_text() == "mine"
    assert run(*words, "--force").code == 0


def test_programs_get_the_profile_and_every_field(run):
    outcome = run(
        "--from", "chat.yaml", "--accelerator", "nvidia-l4", "--yes", "--to", "-", "-o", "json"
    )
    data = json.loads(outcome.stdout)["data"]
    assert data["profile"]["file"] == "-"
    assert "maxLength: 8192" in data["profile"]["text"]
    assert {"spec.template.spec.containers[0].image"} <= {each["path"] for each in data["fields"]}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "chat.yaml", *COMMAND), "give files with --from, or one command behind --"),
        (("--from", "chat.yaml", "--count", "2"), "the input decides the rest"),
        (("--from", "chat.yaml", "--source", "pvc:models"), "the input decides the rest"),
        (("--from", "chat.yaml", "--recipe", "qwen3-8b-l40s"), "a recipe is made already"),
        (("--",), "nothing follows --"),
    ],
)
def test_options_that_contradict_each_other_are_refused(run, words, message):
    outcome = run(*words)
    assert outcome.code == 2
    assert message in " ".join(outcome.stderr.split())
