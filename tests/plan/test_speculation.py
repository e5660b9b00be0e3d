"""Speculative decoding in the estimate: draft layers, draft models, and what is not known."""

from __future__ import annotations

import pytest

from tests.support.plans import ledger_of, messages, plan_of
from wingsctl.plan.memory import MemoryLedger
from wingsctl.plan.weights import GIB

V3 = "model: deepseek-ai/DeepSeek-V3\naccelerator: {name: nvidia-b300, count: 8}\n"
QWEN = "model: Qwen/Qwen3-32B\naccelerator: nvidia-h200\n"
LARGE = "model: Qwen/Qwen2.5-72B-Instruct\naccelerator: {name: nvidia-b300, count: 4}\n"
DRAFT = "speculative-draft-model-path"
MTP_BYTES = 1_661_047_968
"""Of one rank of 8: tools/models/facts_drafts/."""


def engine(name: str, args: str) -> str:
    version = {"vllm": "0.32.0", "sglang": "0.5.18"}[name]
    return f"engine: {{name: {name}, version: {version}, args: {{{args}}}}}\n"


def bytes_per_token(ledger: MemoryLedger) -> float:
    return next(line.value or 0 for line in ledger.lines if line.label == "bytes per token")


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("vllm", "speculative-config: {method: mtp, num_speculative_tokens: 1}"),
        ("vllm", """speculative-config: '{"method": "deepseek_mtp"}'"""),
        ("vllm", "speculative_config.method: mtp"),
        ("vllm", "spec-method: mtp"),
        ("sglang", "speculative-algorithm: NEXTN"),
        ("sglang", "speculative-algorithm: EAGLE"),
        ("sglang", f"speculative-algorithm: EAGLE, {DRAFT}: deepseek-ai/DeepSeek-V3"),
    ],
)  # fmt: skip
def test_layers_of_the_model_itself_count_with_their_cache(name: str, args: str) -> None:
    plain, drafted = ledger_of(V3 + engine(name, "")), ledger_of(V3 + engine(name, args))
    more = (drafted.weights_gib - plain.weights_gib) * GIB
    assert more == pytest.approx(MTP_BYTES, rel=0.01)
    assert bytes_per_token(drafted) - bytes_per_token(plain) == 1152


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("vllm", "speculative-config: {model: Qwen/Qwen3-0.6B, num_speculative_tokens: 3}"),
        ("vllm", "speculative-config: {method: draft_model, model: Qwen/Qwen3-0.6B}"),
        ("sglang", f"speculative-algorithm: STANDALONE, {DRAFT}: Qwen/Qwen3-0.6B"),
    ],
)  # fmt: skip
def test_a_draft_model_of_the_catalog_counts(name: str, args: str) -> None:
    plain, drafted = ledger_of(QWEN + engine(name, "")), ledger_of(QWEN + engine(name, args))
    assert 1.1 < drafted.weights_gib - plain.weights_gib < 1.25
    assert bytes_per_token(drafted) - bytes_per_token(plain) == 28 * 2 * 8 * 128 * 2


def test_ranks_of_a_draft_may_be_fewer() -> None:
    split = "speculative-config: {model: Qwen/Qwen3-0.6B, draft_tensor_parallel_size: 1}"
    same = "speculative-config: {model: Qwen/Qwen3-0.6B}"
    one, four = (ledger_of(LARGE + engine("vllm", args)).weights_gib for args in (split, same))
    assert one - four == pytest.approx(3 / 4 * 1.11, rel=0.05)


def test_only_the_last_stage_holds_the_draft() -> None:
    two = V3 + "parallelism: {tensor: 4, pipeline: 2}\n"
    plan = plan_of(two + engine("vllm", "speculative-config: {method: mtp}"))
    assert plan.fit is not None
    assert plan.fit.ledger.weights_gib > ledger_of(two + engine("vllm", "")).weights_gib


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("vllm", "speculative-config: {method: ngram, num_speculative_tokens: 3}"),
        ("sglang", "speculative-algorithm: NGRAM"),
    ],
)
def test_guessing_from_the_text_takes_nothing(name: str, args: str) -> None:
    plain, drafted = ledger_of(QWEN + engine(name, "")), ledger_of(QWEN + engine(name, args))
    assert drafted.weights_gib == plain.weights_gib
    assert bytes_per_token(drafted) == bytes_per_token(plain)


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ("speculative-config: {method: eagle3, model: some/eagle3-head}",
         "the draft model some/eagle3-head is not in the catalog"),
        ("speculative-config: {method: mtp}",
         "how large the draft layers of Qwen/Qwen3-32B are is not known"),
        ("speculative-config: {num_speculative_tokens: 2}",
         "the method of speculative decoding is not known"),
        ("speculative-config: '{'", "the method of speculative decoding is not known"),
    ],
)  # fmt: skip
def test_what_is_not_known_of_a_draft_is_never_a_silent_fits(args: str, reason: str) -> None:
    plan = plan_of(QWEN + engine("vllm", args))
    assert plan.fit is not None
    assert plan.fit.verdict == "uncertain"
    warnings = messages(QWEN + engine("vllm", args), "warning")
    assert any(each.startswith("engine.args: ") and reason in each for each in warnings)
