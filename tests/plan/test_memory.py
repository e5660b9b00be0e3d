"""The memory ledger: formulas by hand, verdicts, and comparison with start-up logs."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine_memory import MemoryRow
from wingsctl.catalog.entry_model import model_of
from wingsctl.catalog.model import Architecture, VisionTower
from wingsctl.models.formats import Formats
from wingsctl.models.named_formats import Chosen, choose_formats
from wingsctl.plan.memory import MemoryLedger, MemoryRequest, estimate_memory, largest_length
from wingsctl.plan.weights import GIB

OBSERVATIONS = Path(__file__).parent / "data" / "sizing_observations.csv"
ROWS = list(csv.DictReader(OBSERVATIONS.read_text(encoding="utf-8").splitlines()))
LARGE = MemoryRow.Card(from_gib=70, max_requests=1024, batched_tokens=8192, except_cards=["a100"])
OLD = MemoryRow(
    before="0.17.0", utilization=0.9, sampler_factor=9.57, outside_gib=0.1, graphs_gib=0.9,
    outside_pipeline_gib=0.07, outside_tensor_gib=0.55, outside_tensor_pcie_gib=0.3, cards=[LARGE],
)  # fmt: skip
NEW = OLD.model_copy(
    update={
        "since": "0.17.0", "before": "0.20.0", "sampler_factor": 3.71, "expert_workspace": True,
        "outside_gib": 0.25, "outside_tensor_gib": 2.1,
    }
)  # fmt: skip
STATIC = MemoryRow(
    pool="fraction", outside_gib=0.5, outside_tensor_gib=2.3, outside_tensor_pcie_gib=0.8,
    cards=[
        MemoryRow.Card(max_requests=8, batched_tokens=2048),
        MemoryRow.Card(from_gib=60, max_requests=256, batched_tokens=8192),
        MemoryRow.Card(from_gib=160, max_requests=512, batched_tokens=16384),
    ],
)  # fmt: skip
PLAIN = MemoryRow(utilization=0.9, outside_gib=0.2, outside_tensor_gib=0.5)
UNCONFIRMED = NEW.model_copy(update={"measured": False})
MLA = {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128}
LINEAR = {
    "full_layers": 1, "linear_layers": 1, "linear_num_value_heads": 4, "linear_num_key_heads": 2,
    "linear_key_head_dim": 16, "linear_value_head_dim": 32, "linear_conv_kernel_dim": 4,
}  # fmt: skip


def card(usable_gib: float | None = 79.19, **changes: Any) -> AcceleratorProfile:
    facts: dict[str, Any] = {"vendor": "nvidia", "memory_gib": 80.0, "interconnect": "nvlink"}
    names = {"name": "nvidia-h100", "title": "H100", "resource": "nvidia.com/gpu"}
    return AcceleratorProfile.model_validate(facts | names | {"usable_gib": usable_gib} | changes)


def tiny(**changes: Any) -> Architecture:
    """Two layers of 256 cache bytes per token each; weights of a few hundred KiB."""
    facts: dict[str, Any] = {
        "model_type": "llama", "num_hidden_layers": 2, "hidden_size": 128, "vocab_size": 256,
        "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 256,
    }  # fmt: skip
    return Architecture.model_validate(facts | {"max_position_embeddings": 4096} | changes)


def observed(model: str) -> Architecture:
    row = next(row for row in ROWS if row["model"] == model)
    return Architecture.model_validate_json(row["architecture"])


def ask(architecture: Architecture, **changes: Any) -> MemoryRequest:
    model = model_of(architecture)
    formats = choose_formats(model, None, changes.pop("quantization", None))
    settled: dict[str, Any] = {"row": NEW, "max_requests": 1024, "batched_tokens": 8192}
    return MemoryRequest(model, formats, **SAME | settled | changes)


SAME: dict[str, Any] = {"accelerator": card(), "engine": "vllm", "version": "0.19.0"}


def number(ledger: MemoryLedger, label: str) -> float:
    value = next(line.value for line in ledger.lines if line.label.startswith(label))
    assert value is not None
    return value


LLAMA, QWEN, GEMMA = (
    observed(name)
    for name in (
        "meta-llama/Llama-3.1-8B-Instruct",
        "Qwen/Qwen2.5-7B-Instruct",
        "google/gemma-2-2b-it",
    )
)
QWEN_32B, V2_LITE = observed("Qwen/Qwen3-32B"), observed("deepseek-ai/DeepSeek-V2-Lite-Chat")
QWEN_235B = observed("QuantTrio/Qwen3-235B-A22B-Instruct-2507-AWQ")
KIMI = tiny(num_hidden_layers=61, mla=MLA)
GEMMA_27B, GPT_OSS = observed("google/gemma-3-27b-it"), observed("openai/gpt-oss-20b")
TOWER = VisionTower(hidden_size=3200, depth=45, num_heads=25)


@pytest.mark.parametrize(
    ("architecture", "changes", "expected"),
    [
        (QWEN, {}, 57_344),
        (QWEN, {"kv_cache_type": "fp8_e4m3"}, 28_672),
        (QWEN, {"kv_cache_type": "float32"}, 114_688),
        (QWEN_235B, {"tensor": 4}, 48_128),
        (QWEN_235B, {"tensor": 8}, 48_128),
        (V2_LITE, {}, 31_104),
        (V2_LITE, {"tensor": 8}, 31_104),
        (KIMI, {"tensor": 8}, 70_272),
        (tiny(num_hidden_layers=61, mla={**MLA, "index_head_dim": 128}), {}, 70_272 + 61 * 132),
        (GEMMA_27B, {}, 70 * 8192),
        (GEMMA_27B, {"row": STATIC, "engine": "sglang"}, 62 * 8192),
        (LLAMA, {"pipeline": 2}, 65_536),
        (tiny(linear_attention=LINEAR), {}, 256),
        (tiny(sliding_window={"window": 8, "full_layers": 2, "sliding_layers": 0}), {}, 512),
    ],
)
def test_bytes_per_token(
    architecture: Architecture, changes: dict[str, Any], expected: int
) -> None:
    assert number(estimate_memory(ask(architecture, **changes)), "bytes per token") == expected


def test_sliding_layers_keep_a_window_and_linear_layers_a_state() -> None:
    window = {"window": 1025, "full_layers": 1, "sliding_layers": 1}
    short, long = (
        estimate_memory(ask(tiny(sliding_window=window), max_length=length, batched_tokens=1024))
        for length in (1024, 40960)
    )
    assert short.kv_gib / short.requests == pytest.approx(512 * 1024 / GIB)
    assert long.kv_gib / long.requests == pytest.approx(256 * (40960 + 2048 + 16) / GIB)
    linear = estimate_memory(ask(tiny(linear_attention=LINEAR), max_length=16))
    state = 4 * 4 * 16 * 32 + 2 * 3 * (2 * 2 * 16 + 4 * 32)
    page = 16 * 256 * math.ceil(state / (16 * 256))
    assert linear.kv_gib / linear.requests == pytest.approx(2 * page / GIB)


@pytest.mark.parametrize(
    ("architecture", "changes", "gib"),
    [
        (QWEN, {}, 3.71 * 1024 * 152064 * 4 / GIB + 2.2 * 8192 * 3584 / GIB),
        (QWEN, {"row": OLD}, 9.57 * 1024 * 152064 * 4 / GIB + 2.2 * 8192 * 3584 / GIB),
        (QWEN, {"max_requests": 1}, 2 * 8192 * (3 * 18944 + 3 * 3584) / GIB),
        (QWEN, {"max_requests": 1, "tensor": 4}, 2 * 8192 * (3 * 4736 + 3 * 3584) / GIB),
        (QWEN, {"batched_tokens": 64}, (3.71 * 64 * 152064 * 4 + 2.2 * 64 * 3584) / GIB),
        (
            V2_LITE,
            {},
            (3.71 * 1024 * 102400 * 4 + 2.2 * 8192 * 2048 + 4 * 8192 * 6 * 2048) / GIB,
        ),
        (
            V2_LITE,
            {"row": NEW.model_copy(update={"expert_workspace": False})},
            (3.71 * 1024 * 102400 * 4 + 2.2 * 8192 * 2048) / GIB,
        ),
        (
            GPT_OSS,
            {"quantization": "mxfp4"},
            (3.71 * 1024 * 201088 * 4 + 2.2 * 8192 * 2880) / GIB,
        ),
        (
            V2_LITE,
            {"max_requests": 1, "tensor": 2},
            (2 * (6 * (3 * 704 + 2048) + 3 * 1408 + 3 * 2048) + 4 * 6 * 2048) * 8192 / GIB,
        ),
        (tiny(vision_config={"depth": 1}), {"max_requests": 1}, 2 * 8192 * (1152 + 128) / GIB),
    ],
    ids=[
        "sampler",
        "before 0.17",
        "forward",
        "tensor",
        "few tokens",
        "moe",
        "no workspace",
        "mxfp4",
        "moe forward",
        "vision",
    ],
)
def test_activation_peak(architecture: Architecture, changes: dict[str, Any], gib: float) -> None:
    assert number(estimate_memory(ask(architecture, **changes)), "activation") == pytest.approx(gib)


@pytest.mark.parametrize(
    ("changes", "gib"),
    [
        ({}, 0.25),
        ({"tensor": 2}, 2.1),
        ({"tensor": 2, "accelerator": card(interconnect="PCIe")}, 0.3),
        ({"pipeline": 2}, 0.07),
        ({"tensor": 2, "pipeline": 2}, 2.1),
        ({"tensor": 2, "accelerator": card(interconnect="pcie"), "row": PLAIN}, 0.5),
        ({"pipeline": 2, "row": PLAIN}, 0.2),
    ],
)
def test_outside_pytorch(changes: dict[str, Any], gib: float) -> None:
    assert number(estimate_memory(ask(tiny(), **changes)), "outside") == gib


def test_the_ledger_adds_up() -> None:
    inside = NEW.model_copy(update={"graphs_inside": True})
    for row, graphs in ((NEW, 0.0), (inside, 0.9)):
        ledger = estimate_memory(ask(LLAMA, row=row, utilization=0.95))
        parts = [number(ledger, name) for name in ("weights", "activation", "outside", "graphs")]
        assert parts[3] == graphs
        assert ledger.kv_gib == pytest.approx(79.19 * 0.95 - sum(parts))
        assert ledger.tokens == int(ledger.kv_gib * GIB // (16 * 131_072)) * 16
        assert ledger.requests == pytest.approx(ledger.kv_gib / 16)
    labels = [line.label for line in ledger.lines]
    assert labels == [
        "usable total", "budget", "weights", "activation peak", "outside PyTorch", "graphs",
        "KV cache left", "bytes per token", "tokens", "requests at 131072 tokens",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("usable", "tensor", "changes", "fraction", "free"),
    [
        (79.19, 1, {"utilization": 0.88}, 0.88, 78.69),
        (79.19, 4, {"utilization": 0.93}, 0.93, 76.89),
        (275.75, 1, {}, 0.907, 275.25),
        (15.9, 1, {}, 0.771, 15.4),
        (15.9, 1, {"batched_tokens": 4096, "max_requests": 4}, 0.583, 15.4),
    ],
)
def test_a_fraction_is_for_weights_and_cache(
    usable: float, tensor: int, changes: dict[str, Any], fraction: float, free: float
) -> None:
    open_ = {"row": STATIC, "engine": "sglang", "max_requests": None, "batched_tokens": None}
    request = ask(QWEN, accelerator=card(usable), tensor=tensor, **open_ | changes)
    ledger = estimate_memory(request)
    assert number(ledger, "budget") == pytest.approx(fraction * free, abs=0.0005 * free)
    assert ledger.kv_gib == pytest.approx(number(ledger, "budget") - ledger.weights_gib)


def with_room(gib: float, architecture: Architecture, **changes: Any) -> MemoryRequest:
    """A request that leaves `gib` beside one request of the full length."""
    request = ask(architecture, accelerator=card(40.0), max_length=4096, **changes)
    ledger = estimate_memory(request)
    room = ledger.kv_gib - ledger.kv_gib / ledger.requests
    return replace(request, accelerator=card(40.0 + (gib - room) / 0.9))


def test_values_of_32_bits_take_twice_as_much() -> None:
    plain, wide = (estimate_memory(ask(QWEN, value_bytes=size)) for size in (2, 4))
    assert wide.weights_gib == pytest.approx(2 * plain.weights_gib, rel=0.01)
    assert number(wide, "bytes per token") == 2 * number(plain, "bytes per token")


def test_a_checkpoint_may_say_how_its_cache_is_kept() -> None:
    narrow = Formats("modelopt", cache_bytes=1)
    request = replace(ask(QWEN), formats=Chosen(narrow, narrow))
    assert number(estimate_memory(request), "bytes per token") == 28_672
    asked = replace(request, kv_cache_type="bfloat16")
    assert number(estimate_memory(asked), "bytes per token") == 57_344


def test_a_fixed_fraction_may_hold_less_than_one_request() -> None:
    """SGLang starts with the pool that is left, and refuses longer requests."""
    asked = {"row": STATIC, "engine": "sglang", "batched_tokens": 2048, "utilization": 0.84}
    ledger = estimate_memory(ask(QWEN_32B, **asked, max_length=40960))
    assert ledger.verdict == "uncertain"
    assert ledger.short_pool == "its pool of 20752 tokens is smaller than the length of 40960"
    too_small = estimate_memory(ask(QWEN_32B, **asked, accelerator=card(70.0)))
    assert (too_small.verdict, too_small.short_pool) == ("does not fit", "")
    assert estimate_memory(ask(QWEN_32B, max_length=40960)).verdict == "does not fit"


@pytest.mark.parametrize(
    ("room", "changes", "verdict"),
    [
        (0.76, {}, "fits"),
        (0.74, {}, "uncertain"),
        (-0.74, {}, "uncertain"),
        (-0.76, {}, "does not fit"),
        (1.49, {"row": UNCONFIRMED}, "uncertain"),
        (1.51, {"row": UNCONFIRMED}, "fits"),
        (-1.49, {"version": None}, "uncertain"),
        (-1.51, {"version": None}, "does not fit"),
    ],
)
def test_verdict(room: float, changes: dict[str, Any], verdict: str) -> None:
    assert estimate_memory(with_room(room, QWEN, **changes)).verdict == verdict


def test_a_vision_model_has_a_wide_band() -> None:
    model = QWEN.model_copy(update={"vision_config": VisionTower(depth=1)})
    for room, verdict in ((2.9, "uncertain"), (3.1, "fits"), (-3.1, "does not fit")):
        assert estimate_memory(with_room(room, model)).verdict == verdict


def test_an_unmeasured_card_has_a_band_of_a_twentieth() -> None:
    request = with_room(0.0, QWEN)
    budget = number(estimate_memory(request), "budget")
    unmeasured = replace(request, accelerator=card(None, memory_gib=100.0))
    for room, verdict in ((5.1, "fits"), (4.9, "uncertain"), (-5.1, "does not fit")):
        share = (budget + room) / 95
        assert estimate_memory(replace(unmeasured, utilization=share)).verdict == verdict


def test_an_unknown_format_refuses_only_what_no_format_could_hold() -> None:
    small, tight = card(11.0), card(2.0)
    for accelerator, verdict in ((small, "uncertain"), (tight, "does not fit")):
        request = ask(LLAMA, quantization="quark", max_requests=8, max_length=2048)
        ledger = estimate_memory(replace(request, batched_tokens=512, accelerator=accelerator))
        assert ledger.verdict == verdict
    assert estimate_memory(ask(LLAMA, max_length=2048, accelerator=small)).verdict == "does not fit"


@pytest.mark.parametrize(
    ("architecture", "changes", "reason"),
    [
        (tiny(), {"row": None}, "no memory constants are known for vllm 0.19.0"),
        (tiny(), {"version": None}, "no memory constants are known for vllm (version unknown)"),
        (
            tiny(),
            {"row": UNCONFIRMED},
            "no log confirms the memory constants of vllm 0.19.0",
        ),
        (
            tiny(),
            {"max_requests": None},
            "the number of concurrent requests is not set: 1024 is assumed",
        ),
        (tiny(), {"row": STATIC}, "the memory fraction is not set: 0.834 is computed"),
        (
            tiny(),
            {"utilization": 0.97},
            "only 1.9 GiB stay free for graphs and the first full batches",
        ),
        (
            tiny(),
            {"accelerator": card(None)},
            "the usable memory of nvidia-h100 has not been measured",
        ),
        (
            tiny(),
            {"accelerator": card(vendor="amd")},
            "the memory constants were measured on NVIDIA cards",
        ),
        (
            tiny(vision_config={"depth": 1}),
            {},
            "images are profiled at start-up and may take several GiB more",
        ),
        (
            tiny(moe={"num_experts": 4, "top_k": 2, "moe_intermediate_size": 64}),
            {"quantization": "fp8"},
            "kernels for experts in fp8 take workspaces that are not modelled",
        ),
        (
            tiny(linear_attention=LINEAR),
            {},
            "kernels of linear attention may take several GiB more",
        ),
        (
            tiny(model_type="deepseek_v4"),
            {},
            "how engines share the cache of deepseek_v4 is not modelled",
        ),
        (
            tiny(sliding_window={"window": 8, "full_layers": 1, "sliding_layers": 1}),
            {"row": STATIC, "utilization": 0.8},
            "how sliding-window layers share the pool is not modelled",
        ),
        (
            tiny(),
            {"quantization": "quark"},
            "the weight format 'quark' is unknown and counted as 16-bit",
        ),
        (
            tiny(),
            {"kv_cache_type": "turbo"},
            "the KV cache type 'turbo' is unknown and counted as 16-bit",
        ),
        (
            tiny(max_position_embeddings=None),
            {},
            "the model states no maximum length: 2048 is assumed",
        ),
    ],
)
def test_every_doubt_is_listed(
    architecture: Architecture, changes: dict[str, Any], reason: str
) -> None:
    assert estimate_memory(ask(tiny())).reasons == ()
    assert estimate_memory(ask(architecture, **changes)).reasons == (reason,)


@pytest.mark.parametrize(
    ("name", "usable", "expected"),
    [
        ("nvidia-h100", 79.19, (1024, 8192)),
        ("nvidia-a100-80gb", 79.25, (256, 2048)),
        ("nvidia-l4", 22.5, (256, 2048)),
    ],
)
def test_defaults_depend_on_the_card(name: str, usable: float, expected: tuple[int, int]) -> None:
    accelerator = card(usable, name=name)
    request = ask(QWEN, accelerator=accelerator, max_requests=None, batched_tokens=None)
    told = replace(request, max_requests=expected[0], batched_tokens=expected[1])
    assert estimate_memory(request).lines == estimate_memory(told).lines


@pytest.mark.parametrize(
    ("changes", "freed"), [({"model": model_of(LLAMA)}, 1.0), ({"model": model_of(GEMMA)}, 2.7)]
)
def test_fewer_requests_free_the_sampler(changes: dict[str, Any], freed: float) -> None:
    """As published for 0.17 to 0.19, until the forward pass is the larger one."""
    many, few = (
        estimate_memory(replace(ask(LLAMA), max_requests=n, **changes)) for n in (1024, 256)
    )
    assert few.kv_gib - many.kv_gib == pytest.approx(freed, abs=0.1)


def test_largest_length() -> None:
    assert largest_length(ask(LLAMA)) == 131072
    assert largest_length(ask(QWEN_32B)) == 28672
    assert largest_length(ask(QWEN_32B, max_length=64)) == 28672
    assert largest_length(ask(tiny(max_position_embeddings=5000))) == 4096
    assert largest_length(ask(tiny(max_position_embeddings=None))) == 2048
    assert largest_length(ask(QWEN_32B, accelerator=card(48.0))) is None


def test_largest_length_gives_up_the_band_before_the_model() -> None:
    request = with_room(-0.1, QWEN)
    assert largest_length(request) == 2048
    assert estimate_memory(replace(request, max_length=2048)).verdict == "uncertain"


def test_sampling_happens_in_the_last_stage_only() -> None:
    heavy = QWEN.model_copy(update={"num_hidden_layers": 35})
    first = number(estimate_memory(ask(heavy, pipeline=2)), "activation")
    assert first == pytest.approx(2 * 8192 * (3 * 18944 + 3 * 3584) / GIB)


def test_the_stage_with_the_least_room_decides() -> None:
    ledger = estimate_memory(ask(LLAMA, pipeline=2))
    assert number(ledger, "activation") > 1.8
    assert ledger.tokens == pytest.approx(2 * 62.0 * GIB / 131_072, rel=0.05)
