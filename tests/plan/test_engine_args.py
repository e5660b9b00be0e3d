"""Which arguments of an engine are taken, which are refused, and the argv before them."""

from __future__ import annotations

import pytest

from tests.support.plans import messages, plan_of
from wingsctl.plan.length import VARIABLE, without_length


def engine(args: str, name: str = "vllm", version: str = "0.33.0") -> str:
    return f"engine: {{name: {name}, version: {version}, args: {args}}}"


@pytest.mark.parametrize(
    "args",
    [
        "{max-num-seqs: 8}", "{max_num_seqs: 8}", "{enforce-eager: true}", "{enforce-eager: false}",
        "{enforce-eager: null}", "{no-enable-prefix-caching: true}", "{hf-overrides: {a: 1}}",
        "{kv-transfer-config.kv_role: kv_both}", "{allowed-origins: ['*']}",
        "{no-such-flag: null}", "{no-such-flag: false}", "{gpu-memory-utilization: 0.9}",
    ],
)  # fmt: skip
def test_taken(args):
    assert messages(engine(args)) == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("{model: x}", "is set by wingsctl"),
        ("{served_model_name: x}", "is set by wingsctl"),
        ("{no-headless: true}", "is set by wingsctl"),
        ("{tp: 2}", "is set by wingsctl"),
        ("{model: null}", "is set by wingsctl"),
        ("{max-num-seqs: 1, max_num_seqs: 2}", "is the same flag as max-num-seqs"),
        ("{max-num-seqs: true}", "--max-num-seqs takes a value"),
        ("{enforce-eager: 1}", "--enforce-eager is a switch and takes no value"),
        ("{enforce-eager: [true]}", "--enforce-eager is a switch and takes no value"),
        ("{dtype: bf16}", "--dtype does not take 'bf16' in vLLM 0.33.0"),
        ("{swap-space: 4}", "--swap-space is gone from vLLM since 0.18.1"),
        ("{no-max-num-seqs: true}", "vLLM 0.33.0 has no flag --no-max-num-seqs"),
        ("{max-num-seqs.x: 1}", "vLLM 0.33.0 has no flag --max-num-seqs.x"),
    ],
)
def test_refused(args, message):
    found = messages(engine(args))
    assert len(found) == 1
    assert found[0].endswith(f": {message}")


@pytest.mark.parametrize(
    ("model", "name", "version", "message"),
    [
        (
            "kvCacheType: fp8", "sglang", "0.5.23",
            "model.kvCacheType: --kv-cache-dtype does not take 'fp8' in SGLang 0.5.23",
        ),
        (
            "quantization: mxfp4", "sglang", "0.4.10",
            "model.quantization: --quantization does not take 'mxfp4' in SGLang 0.4.10",
        ),
        (
            "kvCacheType: nvfp4", "vllm", "0.19.1",
            "model.kvCacheType: --kv-cache-dtype does not take 'nvfp4' in vLLM 0.19.1",
        ),
    ],
)  # fmt: skip
def test_a_feature_takes_what_the_flag_lists(model, name, version, message):
    profile = f"model: {{name: qwen2.5-7b-instruct, {model}}}\n"
    engine = f"engine: {{name: {name}, version: {version}"
    assert messages(f"{profile}{engine}}}") == [message]
    own = f"{profile}{engine}, image: {{repository: registry.example/own}}}}"
    assert (messages(own), message in messages(own, "warning")) == ([], True)


def test_underscores_are_another_flag_where_the_engine_says_so():
    assert messages(engine("{max-running-requests: 8}", "sglang", "0.5.23")) == []
    assert messages(engine("{max_running_requests: 8}", "sglang", "0.5.23")) == [
        "engine.args.max_running_requests: SGLang 0.5.23 has no flag --max_running_requests"
    ]


def test_a_version_without_a_table_is_only_warned_about():
    text = engine("{no-such-flag: 1, model: x}", version="0.12.3")
    assert messages(text) == ["engine.args.model: is set by wingsctl"]
    assert messages(text, "warning") == [
        "engine.version: no flag table for vLLM 0.12.3: its arguments are not checked"
    ]


def test_the_form_of_the_command_follows_the_version():
    old, new = (plan_of(f"engine: {{name: vllm, version: {v}}}") for v in ("0.11.0", "0.33.0"))
    assert old.engine.command[:3] == ["python3", "-m", "vllm.entrypoints.openai.api_server"]
    assert new.engine.command[:2] == ["vllm", "serve"]
    sources = [
        next(each.source for each in plan.decisions if each.key == "engine.command")
        for plan in (old, new)
    ]
    assert sources[0].endswith("the form below 0.11.1")
    assert sources[1].endswith("the form from 0.11.1")


def test_features_stand_before_the_served_name_and_are_literal():
    plan = plan_of("""\
model:
  name: qwen2.5-7b-instruct
  quantization: $(POD_IP)
  kvCacheType: fp8
  chatTemplate: {inline: "{{ x }}"}
  source: {huggingface: {revision: main}}
accelerator: {name: nvidia-l4, count: 2}
parallelism: {tensor: 1, pipeline: 2}
""")
    assert plan.engine.command[-12:] == [
        "--revision", "main", "--quantization", "$$(POD_IP)", "--kv-cache-dtype", "fp8",
        "--chat-template", "/wings/chat-template.jinja", "--pipeline-parallel-size", "2",
        "--served-model-name", "$(MODEL_NAME)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "tokens"),
    [
        ("0.5.5.post3", ["--ep-size", "2"]),
        ("0.5.2", ["--enable-ep-moe", "--ep-size", "2"]),
    ],
)
def test_options_follow_the_version(version, tokens):
    plan = plan_of(f"""\
model: qwen3-30b-a3b
engine: {{name: sglang, version: {version}}}
accelerator: {{name: nvidia-h100, count: 2}}
parallelism: {{expert: 2}}
""")
    assert plan.engine.command[-2 - len(tokens) : -2] == tokens


@pytest.mark.parametrize(
    "argv",
    [["serve", "--max-model-len", VARIABLE, "--x"], ["serve", f"--length={VARIABLE}", "--x"]],
    ids=["two tokens", "one token"],
)
def test_a_command_without_a_length_keeps_the_rest(argv):
    assert without_length(argv) == ["serve", "--x"]
