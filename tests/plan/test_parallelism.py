"""Parallel sizes: what is computed, and which products must match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.plans import empty_draft, messages, plan_of, shipped
from wingsctl.catalog.entry_model import entry_model, model_of
from wingsctl.catalog.model import Architecture
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.parallelism import check_split

EXPERTS = "model: qwen3-30b-a3b\naccelerator: {name: nvidia-h100, count: 4}"


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("", (1, 1, 1, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}", (4, 1, 1, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}\nparallelism: {tensor: 2}", (2, 2, 1, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}\nparallelism: {tensor: 1, data: 4}",
         (1, 1, 4, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}\nparallelism: {tensor: 2, data: 2}",
         (2, 1, 2, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}\nnodes: 2", (4, 2, 1, 1)),
        ("accelerator: {name: nvidia-l4, count: 2}\nnodes: 2\nparallelism: {tensor: 4}",
         (4, 1, 1, 1)),
        ("engine: sglang\naccelerator: {name: nvidia-l4, count: 4}\nparallelism: {data: 2}",
         (4, 1, 2, 1)),
        (f"engine: sglang\n{EXPERTS}\nparallelism: {{expert: 4}}", (4, 1, 1, 4)),
        (f"{EXPERTS}\nparallelism: {{expert: 3}}", (4, 1, 1, 3)),
    ],
)  # fmt: skip
def test_sizes(text, sizes):
    parallel = plan_of(text).parallel
    assert (parallel.tensor, parallel.pipeline, parallel.data, parallel.expert) == sizes


@pytest.mark.parametrize(
    ("engine", "sizes", "is_right"),
    [
        ("vllm", "{tensor: 2, data: 2}", True),
        ("sglang", "{tensor: 2, data: 2}", True),
        ("vllm", "{tensor: 4, data: 2}", False),
        ("sglang", "{tensor: 4, data: 2}", True),
        ("sglang", "{tensor: 4, pipeline: 1, data: 4}", True),
        ("vllm", "{tensor: 4, pipeline: 1, data: 4}", False),
        ("vllm", "{tensor: 1, pipeline: 2, data: 2}", True),
    ],
)
def test_data_parallel_counts_by_the_engines_rule(engine, sizes, is_right):
    text = f"engine: {engine}\naccelerator: {{name: nvidia-l4, count: 4}}\nparallelism: {sizes}"
    assert (not messages(text)) == is_right


@given(st.integers(1, 16), st.integers(1, 4), st.integers(1, 8), st.integers(1, 4))
def test_vllm_products_match_or_are_refused(count, nodes, tensor, data):
    text = (
        f"accelerator: {{name: nvidia-l4, count: {count}}}\nnodes: {nodes}\n"
        f"parallelism: {{tensor: {tensor}, data: {data}}}"
    )
    has_ranks = any("ranks, but there are" in each for each in messages(text))
    assert has_ranks == (count * nodes % (tensor * data) != 0)


def architecture(**changes: int) -> Architecture:
    facts = {
        "model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000,
    }  # fmt: skip
    return Architecture.model_validate({**facts, **changes})


@pytest.mark.parametrize(
    ("changes", "tensor", "refused"),
    [
        ({}, 8, None),
        ({}, 16, None),
        ({}, 3, "32 attention heads cannot be split over tensor parallel 3"),
        ({"num_key_value_heads": 3, "num_attention_heads": 6}, 2, "3 KV heads"),
        ({"num_key_value_heads": 3, "num_attention_heads": 6, "vocab_size": 38400}, 6, None),
        ({"num_attention_heads": 14, "num_key_value_heads": 14}, 7, "a vocabulary of 32000"),
        ({"vocab_size": 32001}, 8, None),
    ],
)
def test_heads_and_vocabulary(changes, tensor, refused):
    draft = empty_draft()
    check_split(draft, Parallel(tensor, 1, 1, 1, tensor), model_of(architecture(**changes)))
    assert len(draft.problems) == (1 if refused else 0)
    assert not refused or refused in draft.problems[0].message


def test_latent_attention_has_no_kv_heads_to_split():
    entry = shipped().model("deepseek-r1")
    assert entry is not None
    draft = empty_draft()
    check_split(draft, Parallel(16, 1, 1, 1, 16), entry_model(entry.profile))
    assert draft.problems == []


def test_stages_of_unequal_size_are_a_warning():
    draft = empty_draft()
    check_split(draft, Parallel(1, 3, 1, 1, 3), model_of(architecture()))
    assert [each.severity for each in draft.problems] == ["warning"]


@pytest.mark.parametrize(
    ("count", "resource", "refused"),
    [
        (1, "nvidia.com/mig-3g.40gb", False), (2, "nvidia.com/mig-3g.40gb", True),
        (2, "nvidia.com/gpu.shared", False),
    ],
)  # fmt: skip
def test_mig(count, resource, refused):
    card = f"accelerator: {{name: nvidia-a100-80gb, count: {count}, resource: {resource}}}"
    assert any("MIG" in each for each in messages(card)) == refused
