"""What vLLM keeps for LoRA adapters, as its own manager makes the buffers (facts_lora/)."""

from __future__ import annotations

import json
from typing import Any

from tests.models.evidence import FILES, config_file, read_config

SMALL = "Qwen/Qwen3-0.6B"
VALUE_BYTES = 2


def ranks(repository: str) -> dict[int, dict[str, Any]]:
    """By tensor parallel size."""
    path = FILES / "facts_lora" / config_file(repository).name
    rows = json.loads(path.read_text(encoding="utf-8"))["ranks"]
    return {row["tensor"]: row for row in rows}


def test_an_adapter_is_both_sides_of_every_matrix_and_of_both_vocabularies() -> None:
    """Of rank 1: each matrix' columns and rows, the fused ones part by part."""
    config = read_config(SMALL)
    hidden, wide = config["hidden_size"], config["intermediate_size"]
    heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
    attention = hidden + heads * config["head_dim"]
    cache = hidden + shared * config["head_dim"]
    layer = 2 * attention + 2 * cache + 3 * (hidden + wide)
    vocabularies = 2 * (hidden + config["vocab_size"])
    values = config["num_hidden_layers"] * layer + vocabularies
    assert ranks(SMALL)[1]["adapter"] == VALUE_BYTES * values


def test_ranks_share_less_than_half_of_it() -> None:
    """One side of each matrix, and all of the vocabularies, are whole on every rank."""
    assert ranks(SMALL)[8]["adapter"] > ranks(SMALL)[1]["adapter"] / 2


def test_every_expert_has_its_own() -> None:
    """An adapter of rank 16 for 128 experts in each of 48 layers takes more than 1.5 GiB."""
    assert ranks("Qwen/Qwen3-30B-A3B")[1]["adapter"] * 16 > 1.5 * 2**30
