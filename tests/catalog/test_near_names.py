"""Which names that are not in the catalog belong to one of its models."""

from __future__ import annotations

import pytest

from tests.support.plans import messages, plan_of, resolve, shipped

LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


@pytest.mark.parametrize(
    "name",
    [LLAMA, LLAMA.lower(), "llama-3.1-8b-instruct", "Llama-3.1-8B-Instruct"],
)
def test_its_own_name_in_any_case_with_or_without_owner(name):
    entry = shipped().model(name)
    assert entry is not None
    assert (entry.profile.name, entry.relation) == (LLAMA, None)


@pytest.mark.parametrize(
    ("name", "of", "relation", "quantization"),
    [
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", LLAMA, "alias", None),
        ("meta-llama-3.1-8b-instruct", LLAMA, "alias", None),
        ("meta-llama/Llama-3.1-8B", "meta-llama/Meta-Llama-3.1-8B", "alias", None),
        ("unsloth/Llama-3.1-8B-Instruct", LLAMA, "upload", None),
        ("unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit", LLAMA, "format", "bitsandbytes"),
        ("RedHatAI/Qwen3-32B-FP8-dynamic", "Qwen/Qwen3-32B", "format", "fp8"),
        ("neuralmagic/Qwen2-72B-Instruct-quantized.w4a16", "Qwen/Qwen2-72B-Instruct", "format",
         "w4a16"),
        ("Qwen/Qwen2.5-Math-7B-Instruct-AWQ", "Qwen/Qwen2.5-Math-7B-Instruct", "format", "awq"),
        ("unsloth/DeepSeek-V3-BF16", "deepseek-ai/DeepSeek-V3", "format", None),
    ],
)  # fmt: skip
def test_near_names(name, of, relation, quantization):
    entry = shipped().model(name)
    assert entry is not None
    assert entry.relation == relation
    assert entry.profile.quantization == quantization
    assert entry.document.file.endswith(f"/{of.rsplit('/', 1)[1].lower()}.yaml")
    if relation != "alias":
        assert (entry.profile.name, entry.profile.same_sizes_as) == (name, of)


@pytest.mark.parametrize(
    "name",
    ["my-org/Qwen3-14B", "my-org/Qwen3-14B-AWQ", "qwen2.5-math-7b-instruct-awq", "Qwen/Qwen3-14C"],
)
def test_other_owners_and_short_names_in_other_formats_are_unknown(name):
    assert shipped().model(name) is None


def test_another_format_keeps_no_block_and_no_size():
    entry = shipped().model("unsloth/DeepSeek-V3-BF16")
    assert entry is not None
    assert entry.profile.config is not None
    assert "quantization_config" not in entry.profile.config
    assert entry.profile.checkpoint_gib is None


def test_the_engine_downloads_the_repository_that_is_written():
    text = "model: RedHatAI/Qwen3-8B-FP8-dynamic"
    plan = plan_of(text)
    assert messages(text) == []
    assert plan.model.path == "RedHatAI/Qwen3-8B-FP8-dynamic"
    _, problems = resolve(text)
    message = (
        "RedHatAI/Qwen3-8B-FP8-dynamic is not in the catalog: its sizes are those of "
        "Qwen/Qwen3-8B with fp8 weights, as its name says"
    )
    assert [each.message for each in problems] == [message]


def test_a_twin_says_whose_sizes_it_has():
    decisions = {
        each.key: each.value for each in plan_of("model: Qwen/Qwen2.5-0.5B-Instruct").decisions
    }
    assert decisions["model.sizes"] == "those of Qwen/Qwen2.5-0.5B"
