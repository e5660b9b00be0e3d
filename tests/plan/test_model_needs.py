"""Parsers, the hub's gate, required arguments and chat, against what is known about a model."""

from __future__ import annotations

import pytest

from tests.support.plans import messages, plan_of, resolve


def warnings(text: str) -> list[tuple[str, str]]:
    """Where and what of each warning, with its hint."""
    _, problems = resolve(text)
    return [
        (f"{each.path}: {each.message}", each.hint)
        for each in problems
        if each.severity == "warning"
    ]


def engine(args: str, name: str = "vllm", version: str = "0.33.0") -> str:
    return f"engine: {{name: {name}, version: {version}, args: {args}}}"


@pytest.mark.parametrize(
    ("args", "name", "version", "message"),
    [
        ("{tool-call-parser: hermess}", "vllm", "0.33.0", "vLLM 0.33.0 has no parser 'hermess'"),
        ("{tool-call-parser: glm47}", "vllm", "0.13.0", "vLLM 0.13.0 has no parser 'glm47'"),
        ("{reasoning_parser: glm47}", "vllm", "0.22.1", "vLLM 0.22.1 has no parser 'glm47'"),
        ("{tool-call-parser: minimax}", "vllm", "0.33.0", "vLLM 0.33.0 has no parser 'minimax'"),
        (
            "{enable-auto-tool-choice: true}", "vllm", "0.33.0",
            "--enable-auto-tool-choice needs --tool-call-parser: the engine does not start",
        ),
        (
            "{tool-call-parser: nope}", "sglang", "0.5.23",
            "--tool-call-parser does not take 'nope' in SGLang 0.5.23",
        ),
    ],
)  # fmt: skip
def test_an_engine_without_the_parser_is_refused(args, name, version, message):
    found = messages(engine(args, name, version))
    assert len(found) == 1
    assert found[0].endswith(f": {message}")


@pytest.mark.parametrize(
    "args",
    [
        "{tool-call-parser: hermes, enable-auto-tool-choice: true}",
        "{tool_call_parser: hermes, enable_auto_tool_choice: true}",
        "{tool-call-parser: mine, tool-parser-plugin: /models/mine.py}",
        "{enable-auto-tool-choice: false}",
    ],
)
def test_a_parser_that_the_version_has_or_that_a_plugin_adds_is_taken(args):
    assert messages(engine(args)) == []
    assert warnings(engine(args)) == []


def test_an_image_of_ones_own_may_have_more_parsers():
    image = "image: {repository: registry.example/vllm, tag: x}"
    text = f"engine: {{name: vllm, version: 0.33.0, {image}, args: {{tool-call-parser: mine}}}}"
    assert messages(text) == []


def test_a_parser_of_another_model_is_a_warning_with_the_models_own():
    message = (
        "engine.args.tool-call-parser: llama3_json is not a parser that is known to read what "
        "Qwen/Qwen2.5-7B-Instruct writes"
    )
    found = warnings(engine("{tool-call-parser: llama3_json}"))
    assert found == [(message, "its engine's pages give hermes")]


@pytest.mark.parametrize("parser", ["qwen25", "qwen", "auto"])
def test_names_of_one_parser_are_the_same(parser):
    assert warnings(engine(f"{{tool-call-parser: {parser}}}", "sglang", "0.5.23")) == []


def test_the_hint_for_a_lonely_switch_is_the_models_parser():
    _, problems = resolve(engine("{enable-auto-tool-choice: true}"))
    assert [each.hint for each in problems] == ["add engine.args.tool-call-parser: hermes"]


GATED = "model: {name: llama-3.1-8b-instruct"
ASKED = (
    "the hub gives meta-llama/Llama-3.1-8B-Instruct only to accounts that accepted its terms: "
    "the download fails without a token"
)


@pytest.mark.parametrize("source", ["}", ", source: {huggingface: {revision: main}}}"])
def test_a_gated_model_without_a_token_is_a_warning(source):
    found = warnings(GATED + source)
    assert [message.split(": ", 1)[1] for message, _ in found] == [ASKED]
    assert "model.source.huggingface.tokenSecret: {name: SECRET}" in found[0][1]


@pytest.mark.parametrize(
    "text",
    [
        GATED + ", source: {huggingface: {tokenSecret: {name: hub}}}}",
        GATED + ", source: {pvc: {claimName: weights}}}",
        GATED + ", source: {modelscope: {}}}",
        GATED + ", source: {huggingface: {repo: my-org/copy}}}",
        GATED + "}\nengine: {name: vllm, env: {HF_TOKEN: {valueFrom: {secretKeyRef: "
        "{name: hub, key: token}}}}}",
    ],
)
def test_a_gated_model_with_a_token_or_from_elsewhere_is_none(text):
    assert warnings(text) == []


def test_an_argument_that_the_model_needs_is_named_and_never_added():
    text = "model: internlm/internlm2-7b\n" + engine("{max-num-seqs: 8}")
    found = warnings(text)
    assert "may not load without --trust-remote-code" in found[0][0]
    assert found[0][1].startswith("add engine.args: {trust-remote-code: true}")
    assert plan_of(text).engine.args == {"max-num-seqs": 8}
    assert warnings(text.replace("{max-num-seqs: 8}", "{trust_remote_code: true}")) == []


def test_tools_of_a_base_model_and_of_an_embedding_model_are_warnings():
    args = engine("{tool-call-parser: hermes}")
    base = warnings(f"model: Qwen/Qwen3-8B-Base\n{args}")
    assert "is a base model, trained for completion" in base[-1][0]
    embedding = warnings(f"model: Qwen/Qwen3-Embedding-0.6B\n{args}")
    assert [message.split(": ", 1)[1] for message, _ in embedding] == [
        "Qwen/Qwen3-Embedding-0.6B is a model for embedding: it has no chat for --tool-call-parser"
    ]


def test_the_plan_shows_each_fact_with_its_source_or_as_unknown():
    decisions = {each.key: each for each in plan_of("model: Qwen/Qwen3-8B").decisions}
    assert decisions["model.toolCallParser"].value == "hermes"
    assert decisions["model.toolCallParser"].source.startswith("vllm-project/recipes@")
    assert decisions["model.gate"].value == "unknown"
    assert decisions["model.gate"].source == "no source"
