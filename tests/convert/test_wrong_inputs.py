"""Inputs that cannot become a profile: the exit code, the reason, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from tests.convert.cases import MANIFESTS
from tests.support.rows import check_rows

TWO = "two: runs an engine"
NGINX = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: nginx}]}}}
"""
ENGINE = NGINX.replace("nginx", "vllm/vllm-openai:v0.11.0, args: [Qwen/Qwen3-8B]")
HUB = "Qwen/Qwen3-8B"


@dataclass(frozen=True)
class Wrong:
    """One wrong input: what is given, how it ends, what is printed."""

    name: str
    text: str | bytes | None = None
    arguments: tuple[str, ...] = ("input",)
    code: int = 3
    shown: tuple[str, ...] = ()


WRONG = (
    Wrong("not YAML", "a: [b\nc: d\n", shown=("input:", "not YAML")),
    Wrong("second document not YAML", "a: b\n---\n\tc: d\n", shown=("input:3:",)),
    Wrong("a template", "kind: Deployment\nname: {{ .Values.x }}: y\n", shown=("helm template",)),
    Wrong("a key twice", "a: b\na: c\n", shown=("input:2:1", "written twice")),
    Wrong("binary", b"\x00\xff\xfe\x01", shown=("is not UTF-8 text",)),
    Wrong("empty", "", shown=("holds nothing",)),
    Wrong("comments only", "# nothing\n---\n# here\n", shown=("holds nothing",)),
    Wrong("a plain text", "just words\n", shown=("is no object that wingsctl converts",)),
    Wrong("missing", None, ("nowhere.yaml",), shown=("nowhere.yaml", "no such file")),
    Wrong("a directory", None, (".",), shown=("is a directory",)),
    Wrong("no engine", NGINX, shown=("nothing in the input starts an engine", "--engine")),
    Wrong("unknown kind", "kind: Deploymint\napiVersion: apps/v1\n",
          shown=("the kind Deploymint", "did you mean Deployment?")),
    Wrong("two engines", ENGINE + "---\n" + ENGINE.replace("name: web}", "name: chat}", 1),
          shown=("Deployment chat runs an engine, and so does another", "--only chat")),
    Wrong("not the one of two", ENGINE, ("input", "--only", "chat"), shown=("nothing in the",)),
    Wrong("two commands", "vllm serve a/b\n", ("input", "input"), shown=("and so does another",)),
    Wrong("no accelerator", ENGINE, shown=("does not name the accelerator", "--accelerator")),
    Wrong("unknown accelerator", ENGINE, ("input", "--accelerator", "nvidia-l44"),
          shown=("no accelerator 'nvidia-l44'", "did you mean nvidia-l4")),
    Wrong("unknown engine", NGINX, ("input", "--engine", "vlm"),
          shown=("no engine 'vlm'", "did you mean vllm?")),
    Wrong("ambiguous card", ENGINE.replace("spec: {con", "spec: {nodeSelector: {gpu: A100}, con"),
          shown=("--accelerator nvidia-a100-40gb or --accelerator nvidia-a100-80gb",)),
    Wrong("no name", ENGINE, ("input", "--accelerator", "nvidia-l4", "--name", "No_Name"),
          shown=("'No_Name' is no name", "lower-case")),
    Wrong("unknown short model", None, ("--", "vllm", "serve", "qwen3-8"),
          shown=("no model 'qwen3-8' in the catalog", "did you mean")),
    Wrong("a directory of no name", None, ("--", "vllm", "serve", "/opt/own", "--tp", "1"),
          shown=("no name is known for the model at /opt/own", "--model OWNER/NAME")),
    Wrong("no model", None, ("--", "vllm", "serve", "--port", "1"), shown=("names no model",)),
    Wrong("another program", None, ("--", "nginx", "-g", "daemon off;"),
          shown=("starts no engine that wingsctl knows",)),
    Wrong("docker of another image", None, ("--", "docker", "run", "-it", "nginx"),
          shown=("nothing in the input starts an engine",)),
    Wrong("docker without run", None, ("--", "docker", "ps"), shown=("is no docker run",)),
    Wrong("open quote", "#!/bin/sh\nvllm serve 'Qwen/Qwen3-8B\n",
          shown=("input:1:1", "a quote is not closed", "COMMAND")),
    Wrong("open quote in docker", "docker run vllm/vllm-openai \"$(date\n",
          shown=("the command cannot be read",)),
    Wrong("the file is there", ENGINE, ("input", "--to", "input"),
          shown=("input exists", "--force replaces it")),
    Wrong("to a directory", ENGINE, ("input", "--to", ".", "--force"), shown=("is not a file",)),
    Wrong("no input", None, (), 2, ("give files, or one command behind --",)),
    Wrong("files and a command", ENGINE, ("input", "--", "vllm"), 2, ("one command",)),
    Wrong("no command", None, ("--",), 2, ("nothing follows --",)),
    Wrong("no such format", ENGINE, ("input", "-o", "html"), 2, ("'html' is not one of",)),
)  # fmt: skip


def test_wrong_inputs_are_reported(wingsctl, tmp_path, monkeypatch):
    def check(wrong: Wrong) -> Iterator[str]:
        place = tmp_path / wrong.name.replace(" ", "-")
        place.mkdir()
        monkeypatch.chdir(place)
        if wrong.text is not None:
            data = wrong.text if isinstance(wrong.text, bytes) else wrong.text.encode()
            (place / "input").write_bytes(data)
        done = wingsctl("convert", *wrong.arguments)
        if done.code != wrong.code:
            yield f"ends with {done.code}: {done.stderr[-300:]}"
        for text in wrong.shown:
            if " ".join(text.split()) not in " ".join(done.stderr.replace("│", "").split()):
                yield f"does not print {text!r} but: {done.stderr[-600:]}"
        if done.stdout or "Traceback" in done.stderr:
            yield f"prints {done.stdout[:200]} {done.stderr[-200:]}"
        if sorted(path.name for path in place.iterdir()) != ["input"] * (wrong.text is not None):
            yield "leaves a file behind"

    check_rows(WRONG, check, lambda wrong: wrong.name)


def test_a_profile_is_replaced_only_by_force(wingsctl, tmp_path):
    to = tmp_path / "a.wings.yaml"
    arguments = ["--to", to, "--accelerator", "nvidia-l4", "--", "vllm", "serve", HUB]
    first = wingsctl("convert", *arguments)
    assert (first.code, first.stdout) == (0, f"{to}: written\n")
    text = to.read_text("utf-8")
    assert wingsctl("convert", *arguments).code == 3
    to.write_text("mine", encoding="utf-8")
    assert wingsctl("convert", "--force", *arguments).code == 0
    assert to.read_text("utf-8") == text


def test_standard_input_is_read(wingsctl, monkeypatch):
    import io
    import sys

    text = (MANIFESTS / "kubernetes" / "cpu.yaml").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    done = wingsctl("convert", "-")
    assert done.code == 0, done.stderr
    assert "name: tiny" in done.stdout
    assert done.stderr.startswith("<stdin>:\n")


def test_what_is_missing_is_in_the_envelope(wingsctl):
    done = wingsctl("convert", "-o", "json", "--", "vllm", "serve", HUB, "--api-key", "swordfish-1")
    envelope = json.loads(done.stdout)
    assert done.code == 3
    assert envelope["error"]["exitCode"] == 3
    assert envelope["data"]["profile"] is None
    assert [row["outcome"] for row in envelope["data"]["fields"]].count("carried") == 1
    assert any("--accelerator" in each["hint"] for each in envelope["problems"])
    assert "swordfish" not in done.stdout + done.stderr


def test_a_bug_shows_no_value_of_the_input(wingsctl, monkeypatch):
    secret = "-".join(["swordfish", "in", "a", "message"])

    def fail(conversion):
        raise KeyError(secret)

    monkeypatch.setattr("wingsctl.convert.run.finish", fail)
    done = wingsctl("convert", "--", "vllm", "serve", HUB, "--api-key", secret)
    assert done.code == 1
    assert "unexpected KeyError" in done.stderr
    assert "this is a bug" in done.stderr
    assert secret not in done.stdout + done.stderr


def test_no_failure_repeats_a_secret(wingsctl, tmp_path):
    text = "kind: Deployment\nenv: [{name: A_TOKEN, value: swordfish-1234: }\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    done = wingsctl("convert", tmp_path / "a.yaml")
    assert done.code == 3
    assert "not YAML" in done.stderr
    assert "swordfish" not in done.stderr
    image = "vllm/vllm-openai:v0.9.1"  # without a flag table nothing but the name gives it away
    words = ("docker", "run", "-e", "swordfish-5", image, "--model", HUB, "--name-of-token", "abc")
    done = wingsctl("convert", "--accelerator", "nvidia-l4", "--", *words)
    assert done.code == 0
    assert "abc" not in done.stdout + done.stderr
    assert "swordfish" not in done.stdout + done.stderr
