"""Flag tables and config.json files that are wrong, huge, or no files at all."""

from __future__ import annotations

import json
import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from tests.support.processes import ROOT

FLAGS = "engines/flags/vllm-0.33.0.json"
CONFIG = {
    "model_type": '"llama"', "num_hidden_layers": "2", "hidden_size": "64",
    "num_attention_heads": "8", "vocab_size": "1000", "max_position_embeddings": "4096",
}  # fmt: skip
NO_FILES = {
    "directory": (Path.mkdir, "is a directory"),
    "loop": (lambda path: path.symlink_to(path), "too many levels of symbolic links"),
    "dangling": (lambda path: path.symlink_to("gone"), "no such file or directory"),
    "pipe": (os.mkfifo, "is not a regular file"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    "huge": (partial(Path.write_bytes, data=b" " * 5_000_000), "is larger than 4 MiB"),
    "utf-16": (partial(Path.write_bytes, data=b"\xff\xfe{\0}\0"), "is not UTF-8 text"),
    "latin-1": (partial(Path.write_bytes, data=b'{\n"\xe9": 1}'), "is not UTF-8 text"),
}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "a.wings.yaml"
    shutil.copy(ROOT / "examples" / "minimal.wings.yaml", path)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "catalog" / FLAGS
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def config(profile: Path) -> Path:
    text = profile.read_text("utf-8").replace(
        "model: qwen2.5-7b-instruct", "model: {name: example/own, config: config.json}"
    )
    profile.write_text(text, encoding="utf-8")
    return profile.with_name("config.json")


TABLES = {
    "cut": ("[", "1:2: not JSON: expecting value"),
    "list": ("[]", "1:1: must be a mapping of flags to their facts"),
    "rows": ('{"--a": []}', "1:2: --a: must be a mapping"),
    "dashes": ('{\n "a": {}}', "2:2: a: the key must be a flag with its dashes, such as --batch"),
    "type": ('{"--a": {"type": 3}}', "1:10: --a.type: must be text, not 3"),
    "choices": (
        '{"--a": {"choices": [1, {}]}}',
        "1:25: --a.choices[1]: must be text, a number, true or false",
    ),
    "negatable": ('{"--a": {"negatable": 1}}', "1:10: --a.negatable: must be true or false, not 1"),
    "twice": ('{"--a": {},\n"--a": {}}', "2:1: --a: the key is written twice"),
    "deep": ("[" * 100_000, "1:65: is nested more than 64 levels deep"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_wrong_flag_table_is_a_wrong_catalog_file(name, wingsctl, profile, table):
    text, expected = TABLES[name]
    table.write_text(text, encoding="utf-8")
    outcome = wingsctl("validate", profile, "--catalog", table.parents[2])
    assert outcome.code == 3
    assert outcome.stderr.startswith(f"{table}:{expected}")
    assert outcome.stderr.endswith(
        "error: the flag table of vllm 0.33.0 is not valid\n"
        '  write it as {"--flag": {"type": "int"}}; without the file no argument is checked\n'
    )


@pytest.mark.parametrize("name", NO_FILES)
def test_a_flag_table_that_is_no_file(name, wingsctl, profile, table):
    make, reason = NO_FILES[name]
    make(table)
    outcome = wingsctl("validate", profile, "--catalog", table.parents[2])
    assert outcome.code == 3
    assert outcome.stderr.startswith(f"{table}:{2 if name == 'latin-1' else 1}:1: {reason}\n")


def test_a_flag_table_may_hold_more_than_is_used(wingsctl, profile, table):
    table.write_text('\ufeff{"--a": {"help": {"x": [1]}, "nargs": 2, "choices": [1, "b", 1.5]}}')
    assert wingsctl("validate", profile, "--catalog", table.parents[2]).code == 0


@pytest.mark.parametrize("name", sorted(NO_FILES.keys() - {"directory"}))
def test_a_config_that_is_no_file(name, wingsctl, profile, config):
    make, reason = NO_FILES[name]
    make(config)
    outcome = wingsctl("validate", profile)
    where = " (line 2)" if name == "latin-1" else ""
    assert outcome.code == 3
    assert f": model.config: cannot read config.json: {reason}{where}\n" in outcome.stderr


def test_a_config_is_looked_for_in_a_directory(wingsctl, profile, config):
    config.mkdir()
    missing = wingsctl("validate", profile)
    assert missing.code == 3
    assert "model.config: cannot read config.json/config.json: no such file" in missing.stderr
    (config / "config.json").write_text(written(), encoding="utf-8")
    assert wingsctl("validate", profile).code == 0
    said = {"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}
    (config / "hf_quant_config.json").write_text(json.dumps(said), encoding="utf-8")
    assert "modelopt" in wingsctl("plan", profile, "--all").stdout
    (config / "hf_quant_config.json").write_text("{", encoding="utf-8")
    broken = wingsctl("validate", profile)
    assert broken.code == 3
    assert "model.config: config.json/hf_quant_config.json:1:2: not JSON" in broken.stderr


def written(**changes: str) -> str:
    return "{" + ",\n".join(f'"{key}": {value}' for key, value in (CONFIG | changes).items()) + "}"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("num_hidden_layers", "1000000000", "must be at most 1024, not 1000000000"),
        ("num_hidden_layers", "-1", "must be at least 1, not -1"),
        ("num_hidden_layers", "2.0", "must be a whole number, not 2.0"),
        ("hidden_size", "1" + "0" * 40, "must be at most 16777216, not 1000"),
        ("hidden_size", "9" * 1_000_000, "must be a whole number, not inf"),
        ("hidden_size", "NaN", "must be a whole number, not nan"),
        ("hidden_size", "0", "must be at least 1, not 0"),
        ("num_attention_heads", "true", "must be a whole number, not true"),
        ("num_attention_heads", "100000", "must be at most 16384, not 100000"),
        ("vocab_size", '"many"', "must be a whole number, not 'many'"),
        ("max_position_embeddings", "Infinity", "must be a whole number, not inf"),
        ("max_position_embeddings", "1073741825", "must be at most 1073741824, not 1073741825"),
    ],
)
def test_a_fact_beyond_its_bounds(key, value, message, wingsctl, profile, config):
    config.write_text(written(**{key: value}), encoding="utf-8")
    outcome = wingsctl("validate", profile)
    line = list(CONFIG).index(key) + 1
    assert outcome.code == 3
    assert f"config.json:{line}:{2 if line == 1 else 1}: {key}: {message}" in outcome.stderr
    assert outcome.stderr.count(": model.config: ") == 1
    assert len(outcome.stderr) < 500


def test_heads_need_a_size(wingsctl, profile, config):
    config.write_text(written(num_attention_heads="65"), encoding="utf-8")
    outcome = wingsctl("validate", profile)
    assert outcome.code == 3
    assert "65 attention heads cannot share a hidden size of 64" in outcome.stderr


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "3", '{"text_config": [1]}'])
def test_a_config_of_another_shape(text, wingsctl, profile, config):
    config.write_text(text, encoding="utf-8")
    outcome = wingsctl("validate", profile)
    assert outcome.code == 3
    assert ": model.config: config.json:1:" in outcome.stderr


def test_what_published_files_hold_is_accepted(wingsctl, profile, config):
    more = {"time_step_limit": "[0.0, Infinity]", "text_config": "null", "head_dim": "null"}
    config.write_text("\ufeff" + written(**more), encoding="utf-8")
    outcome = wingsctl("validate", profile)
    assert (outcome.code, outcome.stderr) == (0, "")


def test_the_largest_facts_that_are_accepted_can_be_planned(wingsctl, profile, config):
    sizes = {
        "num_hidden_layers": "1024", "hidden_size": str(2**24), "num_attention_heads": "16384",
        "vocab_size": str(2**24), "intermediate_size": str(2**24), "head_dim": str(2**24),
        "max_position_embeddings": str(2**30),
    }  # fmt: skip
    config.write_text(written(**sizes), encoding="utf-8")
    outcome = wingsctl("plan", profile)
    assert outcome.code == 4
    assert "does not fit" in outcome.stderr


def test_a_name_that_no_file_can_have_is_not_in_the_catalog(wingsctl, profile, tmp_path):
    text = profile.read_text("utf-8")
    profile.write_text(text.replace("qwen2.5-7b-instruct", "a" * 300), encoding="utf-8")
    outcome = wingsctl("validate", profile)
    assert outcome.code == 3
    assert "in the catalog" in outcome.stderr
    name = "owner/" + "a" * 300
    profile.write_text(text.replace("qwen2.5-7b-instruct", name), encoding="utf-8")
    outcome = wingsctl("render", profile, "--output-dir", tmp_path / "out")
    assert outcome.code in (0, 3)
    assert outcome.stderr.startswith(f"{profile}:")
