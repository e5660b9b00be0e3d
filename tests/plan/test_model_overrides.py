"""A model that arguments stretch: what the overridden config says is what is planned with."""

from __future__ import annotations

import pytest

from tests.support.plans import ledger_of, messages, plan_of

HEAD = "model: {name: Qwen/Qwen3-8B%s}\naccelerator: nvidia-h200\n"
YARN = '"rope_type": "yarn", "factor": 4.0'
ORIGINAL = f'{{{YARN}, "original_max_position_embeddings": 32768}}'


def profile(engine: str, version: str, flag: str, value: str, model: str = "") -> str:
    return (
        HEAD % model + f"engine: {{name: {engine}, version: {version}, args: {{{flag}: {value}}}}}"
    )


@pytest.mark.parametrize(
    ("engine", "version", "flag", "value", "length"),
    [
        ("vllm", "0.29.0", "hf-overrides", f'{{"rope_parameters": {ORIGINAL}}}', 131072),
        ("vllm", "0.29.0", "hf_overrides", f"'{{\"rope_scaling\": {ORIGINAL}}}'", 131072),
        ("vllm", "0.29.0", "hf-overrides.rope_scaling", ORIGINAL, 131072),
        ("vllm", "0.10.2", "rope-scaling", f"'{ORIGINAL}'", 131072),
        ("vllm", "0.32.0", "hf-overrides", f'{{"rope_parameters": {ORIGINAL}}}', 40960),
        ("vllm", "0.32.0", "hf-overrides", '{"max_position_embeddings": 65536}', 65536),
        ("sglang", "0.5.18", "json-model-override-args", f"'{{\"rope_scaling\": {{{YARN}}}}}'",
         163840),
        ("sglang", "0.5.18", "json-model-override-args", f"'{{\"rope_scaling\": {ORIGINAL}}}'",
         40960),
    ],
)  # fmt: skip
def test_length_is_what_the_engine_derives_of_the_overridden_config(
    engine: str, version: str, flag: str, value: str, length: int
) -> None:
    assert plan_of(profile(engine, version, flag, value)).model.max_length == length


def test_what_stretches_nothing_does_not_excuse_a_long_request() -> None:
    model = ", maxLength: 131072"
    value = f'{{"rope_parameters": {ORIGINAL}}}'
    assert messages(profile("vllm", "0.32.0", "hf-overrides", value, model)) == [
        "model.maxLength: 131072 is above the 40960 positions of the model"
    ]
    both = f'{{"rope_parameters": {ORIGINAL}, "max_position_embeddings": 131072}}'
    assert messages(profile("vllm", "0.32.0", "hf-overrides", both, model)) == []


def test_sizes_of_the_overridden_config_count() -> None:
    halved = profile("vllm", "0.32.0", "hf-overrides", "{num_hidden_layers: 18}")
    plain, short = ledger_of(HEAD % "" + "engine: {name: vllm, version: 0.32.0}"), ledger_of(halved)
    assert short.weights_gib < 0.6 * plain.weights_gib
    assert (short.tokens or 0) > 2 * (plain.tokens or 0) > 0


def test_a_config_that_cannot_be_is_refused() -> None:
    (message,) = messages(profile("vllm", "0.32.0", "hf-overrides", "{num_hidden_layers: -1}"))
    assert message.startswith("engine.args: num_hidden_layers of the overridden config must be")
