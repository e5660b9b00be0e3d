"""Arguments that bound the cache, and types of its values."""

from __future__ import annotations

import pytest

from tests.support.plans import ledger_of, plan_of
from wingsctl.plan.memory_inputs import gib_of
from wingsctl.plan.weights import GIB

QWEN = "model: {name: Qwen/Qwen3-8B, maxLength: 8192}\naccelerator: nvidia-h200\n"
TOKEN = 36 * 2 * 8 * 128 * 2


def profile(engine: str, args: str) -> str:
    return QWEN + f"engine: {{name: {engine}, args: {{{args}}}}}\n"


@pytest.mark.parametrize(
    ("engine", "args", "gib"),
    [
        ("vllm", "kv-cache-memory-bytes: 10G", 10),
        ("vllm", "kv_cache_memory_bytes: '5368709120'", 5),
        ("vllm", "kv-cache-memory-bytes: 120G", 120),
        ("vllm", "num-gpu-blocks-override: 1024", 1024 * 16 * TOKEN / GIB),
        ("vllm", "num-gpu-blocks-override: 1024, block-size: 64", 1024 * 64 * TOKEN / GIB),
        ("sglang", "max-total-tokens: 100000", 100_000 * TOKEN / GIB),
    ],
)
def test_arguments_bound_the_cache(engine: str, args: str, gib: float) -> None:
    ledger = ledger_of(profile(engine, args))
    assert ledger.kv_gib == pytest.approx(gib)
    assert "what the arguments say" in next(
        line.why for line in ledger.lines if line.label == "KV cache left"
    )


def test_a_cache_beyond_the_card_is_cut_to_what_is_left() -> None:
    ledger = ledger_of(profile("vllm", "kv-cache-memory-bytes: 900G"))
    assert ledger.kv_gib + ledger.weights_gib < 141


def test_a_cache_too_small_for_one_request_is_refused() -> None:
    with pytest.raises(AssertionError, match="does not fit"):
        plan_of(profile("vllm", "kv-cache-memory-bytes: 200M").replace("8192", "40960"))


@pytest.mark.parametrize(
    ("text", "gib"),
    [
        ("1K", 1024 / GIB),
        ("1k", 1000 / GIB),
        ("2.5G", 2.5),
        (7, 7 / GIB),
        ("x", None),
        (True, None),
    ],
)
def test_sizes_are_read_as_the_engine_reads_them(text: object, gib: float | None) -> None:
    assert gib_of(text) == (None if gib is None else pytest.approx(gib))


@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("fp8_e5m2", 1 / 2),
        ("nvfp4", 0.5625 / 2),
        ("int8_per_token_head", 1.0625 / 2),
    ],
)
def test_narrow_types_of_the_cache_count(kind: str, share: float) -> None:
    model = f"model: {{name: Qwen/Qwen3-8B, maxLength: 8192, kvCacheType: {kind}}}\n"
    text = model + "accelerator: nvidia-b200\nengine: {name: vllm, version: 0.32.0}\n"
    ledger = ledger_of(text)
    found = next(line.value for line in ledger.lines if line.label == "bytes per token")
    assert found == pytest.approx(TOKEN * share)
