"""tools/models/engine_facts.py without an engine: its files, and what it does with bad input."""

from __future__ import annotations

import hashlib
import json
import re

import pytest


class Asked:
    """An engine that answers with one row, and remembers what it was asked."""

    def __init__(self, version="1.0"):
        self.version = version
        self.names = []

    def named(self, name, about):
        from engine_facts import MODULES, Engine

        return Engine(name, self.version, MODULES[about][name], self.facts)

    def facts(self, source):
        self.names.append(source.config_path.name)
        return {"notes": [], "ranks": [{"weights": 8, "tensor": 1}]}


@pytest.fixture
def engine():
    return Asked()


@pytest.fixture
def run(tmp_path, capsys):
    """Runs the program on files of the test's folder: (exit code, stdout, stderr)."""

    def run(engine, *arguments):
        from engine_facts import main

        words = [str(tmp_path / word) if "." in word else word for word in arguments]
        code = main([*words, "--into", str(tmp_path / "facts")], engine.named)
        printed = capsys.readouterr()
        return code, printed.out, printed.err.replace(f"{tmp_path}/", "")

    return run


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "org--model.json"
    path.write_text('{"model_type": "llama"}')
    return path


def test_a_file_names_the_config_and_the_engine(run, engine, config, tmp_path):
    assert run(engine, config.name) == (0, "org--model.json: 1 rows, 0 refused\n", "")
    text = (tmp_path / "facts" / config.name).read_text()
    digest = hashlib.sha256(config.read_bytes()).hexdigest()
    assert text == (
        f'{{\n"config": "{digest}",\n"engine": "vllm",\n"notes": [],\n'
        '"ranks": [\n {"tensor":1,"weights":8}\n],\n"version": "1.0"\n}\n'
    )


def test_the_quantization_file_is_part_of_the_digest(run, engine, config, tmp_path):
    (tmp_path / "quant.d").mkdir()
    quant = tmp_path / "quant.d" / config.name
    quant.write_text('{"quantization": {}}')
    assert run(engine, config.name, "--hf-quant", "quant.d")[0] == 0
    both = hashlib.sha256(config.read_bytes() + quant.read_bytes()).hexdigest()
    assert json.loads((tmp_path / "facts" / config.name).read_text())["config"] == both


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (lambda config, facts: None, []),
        (lambda config, facts: config.write_text("{}"), ["org--model.json"]),
        (lambda config, facts: facts.unlink(), ["org--model.json"]),
        (lambda config, facts: facts.write_text("{}"), ["org--model.json"]),
        (lambda config, facts: (facts.parents[1] / "facts.lock").unlink(), ["org--model.json"]),
        (lambda config, facts: other_tool(facts.parents[1] / "facts.lock"), ["org--model.json"]),
    ],
    ids=["nothing", "config", "no-facts", "edited-facts", "no-index", "tool"],
)
def test_only_changed_asks_what_changed(run, config, tmp_path, change, asked):
    run(Asked(), config.name)
    change(config, tmp_path / "facts" / config.name)
    again = Asked()
    assert run(again, config.name, "--only-changed")[0] == 0
    assert again.names == asked


def other_tool(index):
    index.write_text(re.sub("tool:[0-9a-f]{8}", "tool:00000000", index.read_text()))


def test_only_changed_asks_another_engine_or_version(run, config):
    run(Asked(), config.name)
    newer, other = Asked("1.1"), Asked()
    run(newer, config.name, "--only-changed")
    run(other, config.name, "--only-changed", "--engine", "sglang")
    assert newer.names == other.names == [config.name]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "broken.json: no JSON: Expecting property name"),
        ("[1]", "broken.json: holds no JSON object"),
        (None, "broken.json: No such file or directory"),
    ],
)
def test_a_bad_config_is_named_before_any_is_asked(run, engine, config, tmp_path, content, says):
    if content is not None:
        (tmp_path / "broken.json").write_text(content)
    code, _, said = run(engine, config.name, "broken.json")
    assert (code, engine.names) == (2, [])
    assert said.startswith(f"engine_facts: {says}")
    assert said.count("\n") == 1


def test_other_bad_input(run, engine, config, tmp_path):
    (tmp_path / "twin.d").mkdir()
    (tmp_path / "twin.d" / config.name).write_text("{}")
    twin = run(engine, config.name, f"twin.d/{config.name}")
    assert twin[::2] == (
        2,
        f"engine_facts: twin.d/{config.name}: {config.name} has the same name\n",
    )
    (tmp_path / "config.yaml").write_text("{}")
    other = run(engine, "config.yaml")
    assert other[::2] == (2, "engine_facts: config.yaml: the name does not end in .json\n")


def test_a_python_without_the_engine_says_so(tmp_path, config, capsys):
    from engine_facts import main

    assert main([str(config), "--into", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        "engine_facts: this Python has no vllm: run it with the engine's\n"
    )


def test_an_engine_that_cannot_be_asked_is_named(tmp_path, config, capsys):
    from engine_facts import main

    words = [str(config), "--into", str(tmp_path), "--engine", "sglang", "--about", "lora"]
    assert main(words) == 2
    assert capsys.readouterr().err == "engine_facts: sglang cannot be asked about lora\n"
