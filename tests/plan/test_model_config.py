"""A plan by the model's own config.json: what fits, what does not, and what is not understood."""

from __future__ import annotations

import json

import pytest

from tests.models.evidence import read_config
from tests.support.plans import resolve
from wingsctl.adapters.json_files import parse_json
from wingsctl.catalog.model_config import parse_model_config
from wingsctl.plan.model import ProfileFiles

CONFIG = "model: {name: example/own-model, config: config.json, source: {hostPath: {path: /m}}}"
H200 = "accelerator: {name: nvidia-h200, count: 8}"


def planned(config: dict, rest: str = H200) -> tuple[dict, list]:
    """Decisions by key, and problems."""
    found = parse_model_config(parse_json(json.dumps(config), "config.json"))
    plan, problems = resolve(f"{CONFIG}\n{rest}", ProfileFiles(config=found))
    return {each.key: each.value for each in plan.decisions} if plan else {}, problems


def weights_gib(decisions: dict) -> float:
    return float(decisions["memory.weights"].split()[0])


@pytest.mark.parametrize(
    ("repository", "gib"),
    [
        ("deepseek-ai/DeepSeek-V3", 79.3),
        ("MiniMaxAI/MiniMax-M2.5", 26.8),
        ("Qwen/Qwen3-235B-A22B-FP8", 27.7),
        ("Qwen/Qwen3-30B-A3B", 7.1),
        ("moonshotai/Kimi-K2.5", 71.2),
    ],
)
def test_experts_and_formats_are_counted(repository: str, gib: float) -> None:
    """Per card of eight, as the engine's own classes and public logs have it."""
    decisions, problems = planned(read_config(repository))
    assert [each for each in problems if each.severity == "error"] == []
    assert weights_gib(decisions) == pytest.approx(gib, rel=0.03)


def test_a_mixture_that_does_not_fit_is_refused() -> None:
    """Once it was read as if it were dense: 14 GiB instead of 87."""
    mixtral = {
        "model_type": "mixtral", "hidden_size": 4096, "num_hidden_layers": 32, "vocab_size": 32000,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
        "num_local_experts": 8, "num_experts_per_tok": 2, "max_position_embeddings": 32768,
    }  # fmt: skip
    _, problems = planned(mixtral, "accelerator: nvidia-l4")
    (problem,) = [each for each in problems if each.severity == "error"]
    assert problem.message.startswith("does not fit NVIDIA L4: weights of 87.0 GiB per card")


def test_the_format_of_the_file_counts_until_the_profile_names_another() -> None:
    config = read_config("Qwen/Qwen3-235B-A22B-FP8")
    by_file, _ = planned(config)
    assert by_file["model.quantization"] == "fp8"
    plain = {key: value for key, value in config.items() if key != "quantization_config"}
    assert weights_gib(planned(plain)[0]) == pytest.approx(2 * weights_gib(by_file), rel=0.02)


def test_a_key_that_is_not_understood_is_never_a_silent_fits() -> None:
    config = {**read_config("Qwen/Qwen3-8B"), "engram_vocab_size": 16_000_000}
    decisions, problems = planned(config)
    assert decisions["memory.verdict"] == "uncertain"
    (warning,) = [each for each in problems if "engram_vocab_size" in each.message]
    assert warning.path == "model.config"
    assert "engram_vocab_size of model.config is not part of the estimate" in warning.message


def test_a_type_of_32_bits_in_the_arguments_counts() -> None:
    config = read_config("Qwen/Qwen3-8B")
    plain, _ = planned(config)
    wide, _ = planned(config, f"{H200}\nengine: {{name: vllm, args: {{dtype: float32}}}}")
    assert weights_gib(wide) == pytest.approx(2 * weights_gib(plain), rel=0.02)


@pytest.mark.parametrize(
    "flag", ["hf-overrides", "hf_overrides", "hf-overrides.rope_scaling.factor"]
)
def test_a_length_that_the_arguments_stretch_is_taken(flag: str) -> None:
    config = read_config("Qwen/Qwen3-8B")
    model = CONFIG.replace("config.json,", "config.json, maxLength: 131072,")
    found = parse_model_config(parse_json(json.dumps(config), "config.json"))

    def errors(engine: str) -> list[str]:
        text = f"{model}\n{H200}\n{engine}"
        problems = resolve(text, ProfileFiles(config=found))[1]
        return [each.message for each in problems if "above the" in each.message]

    assert errors("engine: vllm") == ["131072 is above the 40960 positions of the model"]
    assert errors(f"engine: {{name: vllm, args: {{{flag}: '4'}}}}") == []
