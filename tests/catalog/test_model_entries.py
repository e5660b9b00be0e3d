"""A user's own entries of models: keys of config.json, or the words of earlier versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Outcome

PROFILE = "wingsctl: v1\nname: own\nmodel: own\nengine: vllm\naccelerator: nvidia-l4\n"
CONFIG = """
name: example/own
config:
  model_type: qwen2
  hidden_size: 3584
  num_hidden_layers: 28
  num_attention_heads: 28
  num_key_value_heads: 4
  vocab_size: 152064
  intermediate_size: 18944
  max_position_embeddings: 32768
"""
ARCHITECTURE = """
name: example/own
architecture:
  modelType: qwen2
  hiddenSize: 3584
  numHiddenLayers: 28
  numAttentionHeads: 28
  numKeyValueHeads: 4
  vocabSize: 152064
  intermediateSize: 18944
  maxPositionEmbeddings: 32768
"""


@pytest.fixture
def run(wingsctl, tmp_path: Path):
    """A command about one entry."""
    (tmp_path / "models").mkdir()
    (tmp_path / "own.wings.yaml").write_text(PROFILE, encoding="utf-8")

    def act(entry: str, *words: str) -> Outcome:
        (tmp_path / "models" / "own.yaml").write_text(entry.lstrip(), encoding="utf-8")
        command = words or ("plan", str(tmp_path / "own.wings.yaml"), "--all")
        return wingsctl(*command, "--catalog", tmp_path)

    return act


def memory_of(outcome: Outcome) -> list[str]:
    assert outcome.code == 0, outcome.stderr
    return [line for line in outcome.stdout.splitlines() if line.startswith("memory.")]


def test_both_forms_of_the_same_facts_are_planned_alike(run):
    assert memory_of(run(CONFIG)) == memory_of(run(ARCHITECTURE))


def test_a_quantization_block_counts(run):
    block = "  quantization_config: {quant_method: fp8, weight_block_size: [128, 128]}\n"
    outcome = run(CONFIG + block)
    assert "memory.weights  " in outcome.stdout
    assert "estimate: fp8, tensor 1" in outcome.stdout
    assert "fp8" in run(CONFIG + block, "profiles", "list", "example/own").stdout


@pytest.mark.parametrize("words", [(), ("profiles", "list", "own")], ids=["plan", "list"])
def test_all_that_is_wrong_in_a_config_has_its_place(run, words):
    broken = CONFIG.replace("hidden_size: 3584", "hidden_size: big").replace(": 28\n", ": 0\n")
    outcome = run(broken, *words)
    assert outcome.code == 3
    for place in ("4:3: config.hidden_size", "5:3: config.num_hidden_layers"):
        assert f"own.yaml:{place}: must be" in outcome.stderr


@pytest.mark.parametrize(
    "entry", ["name: example/own\n", CONFIG + ARCHITECTURE.split("own\n", 1)[1]]
)
def test_one_form_is_needed(run, entry):
    outcome = run(entry)
    assert outcome.code == 3
    assert "needs either config or architecture" in outcome.stderr
