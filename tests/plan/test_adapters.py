"""LoRA in the estimate: the buffers that engines make for adapters."""

from __future__ import annotations

import pytest

from tests.support.plans import ledger_of, messages, plan_of
from wingsctl.plan.weights import GIB

QWEN = "model: Qwen/Qwen3-8B\naccelerator: {name: nvidia-h200, count: %d}\n"


def profile(engine: str, args: str, count: int = 1) -> str:
    return QWEN % count + f"engine: {{name: {engine}, args: {{{args}}}}}\n"


@pytest.mark.parametrize(
    ("args", "count", "buffers"),
    [  # tools/models/facts_lora/
        ("enable-lora: true", 1, 97_280_000),
        ("enable-lora: true, max-loras: 4, max-lora-rank: 64", 4, 905_314_304),
        ("enable_lora: true, max-loras: 4, max-lora-rank: 64, fully-sharded-loras: true", 4,
         508_952_576),
        ("enable-lora: false, max-loras: 4", 1, 0),
    ],
)  # fmt: skip
def test_buffers_of_vllm_count(args: str, count: int, buffers: int) -> None:
    plain, more = (ledger_of(profile("vllm", each, count)).weights_gib for each in ("", args))
    assert (more - plain) * GIB == pytest.approx(buffers, rel=0.01)


def test_buffers_of_sglang_have_no_ends() -> None:
    args = "enable-lora: true, max-loras-per-batch: 4, max-lora-rank: 64"
    plain, more = (ledger_of(profile("sglang", each)).weights_gib for each in ("", args))
    assert (more - plain) * GIB == pytest.approx(16 * 36 * 75776 * 32, rel=0.001)


def test_adapters_of_unknown_rank_are_never_a_silent_fits() -> None:
    text = profile("sglang", "lora-paths: some/adapter")
    fit = plan_of(text).fit
    assert fit is not None
    assert fit.verdict == "uncertain"
    assert any("the rank of LoRA adapters is not set" in each for each in messages(text, "warning"))
