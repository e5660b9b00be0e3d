"""`model.toolCalls` and `model.reasoning`: the flags that each engine and version has for them."""

from __future__ import annotations

import pytest

from tests.support.plans import messages, plan_of, resolve
from wingsctl.errors import ProfileError

VLLM = {"enable-auto-tool-choice": True, "tool-call-parser": "hermes"}

UNKNOWN = (
    "model.reasoning: no parser of vLLM 0.33.0 is known for the thoughts of "
    "Qwen/Qwen2.5-7B-Instruct"
)


def profile(keys: str, engine: str = "vllm, version: 0.33.0", model: str = "qwen3-8b") -> str:
    """A profile with keys of `model`, on a named engine."""
    return f"model: {{name: {model}, {keys}}}\nengine: {{name: {engine}}}\naccelerator: nvidia-l40s"


@pytest.mark.parametrize(
    ("keys", "engine", "args"),
    [
        ("toolCalls: true", "vllm, version: 0.33.0", VLLM),
        ("toolCalls: qwen3_coder", "vllm, version: 0.33.0",
         {**VLLM, "tool-call-parser": "qwen3_coder"}),
        ("reasoning: true", "vllm, version: 0.33.0", {"reasoning-parser": "qwen3"}),
        ("reasoning: deepseek_r1", "vllm, version: 0.8.5",
         {"reasoning-parser": "deepseek_r1", "enable-reasoning": True}),
        ("toolCalls: true, reasoning: true", "sglang, version: 0.5.23",
         {"tool-call-parser": "qwen", "reasoning-parser": "qwen3"}),
        ("toolCalls: false, reasoning: false", "vllm, version: 0.33.0", {}),
        ("toolCalls: true", "vllm, version: 0.33.0, args: {seed: 1}", {**VLLM, "seed": 1}),
    ],
)  # fmt: skip
def test_the_keys_are_the_flags_of_engine_and_version(keys, engine, args):
    assert plan_of(profile(keys, engine)).engine.args == args


@pytest.mark.parametrize(
    ("keys", "engine", "model", "message", "hint"),
    [
        ("toolCalls: true", "vllm, version: 0.33.0, args: {tool-call-parser: hermes}", "qwen3-8b",
         "model.toolCalls: engine.args.tool-call-parser stands for the same",
         "keep one of the two"),
        ("toolCalls: true", "vllm, version: 0.33.0, args: {enable_auto_tool_choice: true}",
         "qwen3-8b", "model.toolCalls: engine.args.enable-auto-tool-choice stands for the same",
         "keep one of the two"),
        ("toolCalls: hermess", "vllm, version: 0.33.0", "qwen3-8b",
         "model.toolCalls: vLLM 0.33.0 has no parser 'hermess'", "did you mean hermes?"),
        ("reasoning: qwen33", "sglang, version: 0.5.23", "qwen3-8b",
         "model.reasoning: SGLang 0.5.23 has no parser 'qwen33'", "did you mean qwen3?"),
        ("reasoning: true", "vllm, version: 0.33.0", "qwen2.5-7b-instruct",
         UNKNOWN, "leave it out, or name one: model.reasoning: NAME, of "),
        ("toolCalls: true", "vllm, version: 0.10.0", "glm-4.7",
         "model.toolCalls: no parser of vLLM 0.10.0 is known for the tool calls of zai-org/GLM-4.7",
         "use version "),
    ],
)  # fmt: skip
def test_a_key_that_no_parser_can_meet_is_refused(keys, engine, model, message, hint):
    _, problems = resolve(profile(keys, engine, model))
    found = {f"{each.path}: {each.message}": each.hint for each in problems}
    assert message in found
    assert found[message].startswith(hint)


@pytest.mark.parametrize("value", ["3", "[hermes]", "''", "{name: hermes}"])
def test_a_key_is_true_false_or_a_name(value):
    with pytest.raises(ProfileError) as refusal:
        resolve(profile(f"toolCalls: {value}"))
    assert {each.path for each in refusal.value.problems} == {"model.toolCalls"}


def test_a_parser_of_another_model_is_a_warning_at_the_key():
    _, problems = resolve(profile("toolCalls: llama3_json"))
    assert [(each.path, each.severity) for each in problems] == [("model.toolCalls", "warning")]


def test_a_template_that_tool_calls_want_is_named():
    text = profile("toolCalls: true", model="deepseek-ai/DeepSeek-R1")
    _, problems = resolve(text.replace("nvidia-l40s", "{name: nvidia-h200, count: 8}"))
    found = [each.message for each in problems if "page gives" in each.message]
    assert len(found) == 1
    assert found[0].endswith(
        " its engine's page gives examples/tool_chat_template_deepseekr1.jinja"
    )


def test_all_pods_of_a_group_have_them():
    text = "nodes: 2\nfabric: ethernet\n" + profile("reasoning: true")
    assert plan_of(text).engine.args == {"reasoning-parser": "qwen3"}
    assert not [each for each in messages(text) if "reasoning" in each]
