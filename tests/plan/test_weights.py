"""Weights: exact parameter counts, and shares compared with start-up logs."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from wingsctl.catalog.entry_model import model_of
from wingsctl.catalog.model import Architecture
from wingsctl.models.architecture import Attention
from wingsctl.models.named_formats import choose_formats
from wingsctl.models.weights import Division, parameter_count
from wingsctl.plan import weights
from wingsctl.plan.memory_request import EXPERT_PADDING
from wingsctl.plan.weights import GIB, WeightsEstimate, stages

OBSERVATIONS = Path(__file__).parent / "data" / "sizing_observations.csv"
ROWS = list(csv.DictReader(OBSERVATIONS.read_text(encoding="utf-8").splitlines()))
LINEAR = {
    "full_layers": 1, "linear_layers": 1, "linear_num_value_heads": 4, "linear_num_key_heads": 2,
    "linear_key_head_dim": 16, "linear_value_head_dim": 32, "linear_conv_kernel_dim": 4,
}  # fmt: skip
MOE = {"num_experts": 4, "top_k": 2, "moe_intermediate_size": 200}
KIMI: dict[str, Any] = {
    "model_type": "kimi_k25",
    "num_hidden_layers": 61,
    "hidden_size": 7168,
    "num_attention_heads": 64,
    "num_key_value_heads": 64,
    "vocab_size": 163840,
    "intermediate_size": 18432,
    "max_position_embeddings": 262144,
    "moe": {
        "num_experts": 384,
        "top_k": 8,
        "moe_intermediate_size": 2048,
        "n_shared_experts": 1,
        "first_k_dense_replace": 1,
    },
    "mla": {
        "kv_lora_rank": 512,
        "q_lora_rank": 1536,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128,
        "v_head_dim": 128,
    },
}


def stage_weights_gib(
    facts: Architecture, name: str | None, tensor: int, layers: range
) -> WeightsEstimate:
    model = model_of(facts)
    division = Division(tensor, padding=EXPERT_PADDING[0])
    return weights.stage_weights_gib(model, choose_formats(model, None, name), division, layers)


def weights_gib(
    facts: Architecture, name: str | None, tensor: int, pipeline: int
) -> WeightsEstimate:
    """What the fullest GPU of all ranks holds."""
    found = stages(facts.num_hidden_layers, pipeline)
    shares = [stage_weights_gib(facts, name, tensor, layers) for layers in found]
    return max(shares, key=lambda share: share.gib)


def checkpoint_gib(facts: Architecture, name: str | None, parameters: int | None = None) -> float:
    model = model_of(facts)
    return weights.checkpoint_gib(model, choose_formats(model, None, name), parameters)


def parameters_of(facts: Architecture) -> int:
    return parameter_count(model_of(facts))


def architecture_of(model: str) -> Architecture:
    row = next(row for row in ROWS if row["model"] == model)
    return Architecture.model_validate_json(row["architecture"])


def tiny(**changes: Any) -> Architecture:
    """Two layers with 147 456 quantised weights and 256 norm weights each; tied."""
    facts: dict[str, Any] = {
        "model_type": "llama",
        "num_hidden_layers": 2,
        "hidden_size": 128,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 256,
        "intermediate_size": 256,
        "tie_word_embeddings": True,
    }
    return Architecture.model_validate(facts | changes)


LAYERS, EMBEDDING = 2 * 147_456, 256 * 128
VECTORS = 0.001
"""The share of norms and biases, which are left out."""
SCALES = 0.001
"""That of the scales of small matrices, in formats whose name counts none."""


@pytest.mark.parametrize(
    ("model", "stated"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 8_030_261_248),
        ("Qwen/Qwen2.5-7B-Instruct", 7_615_616_512),
        ("Qwen/Qwen2.5-1.5B-Instruct", 1_543_714_304),
        ("Qwen/Qwen3-8B", 8_190_735_360),
        ("QuantTrio/Qwen3-235B-A22B-Instruct-2507-AWQ", 235_093_634_560),
        ("google/gemma-2-9b-it", 9_241_705_984),
        ("google/gemma-3-1b-it", 999_885_952),
        ("microsoft/phi-4", 14_659_507_200),
        ("openai/gpt-oss-20b", 20_914_757_184),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 107_769_861_120),
    ],
)
def test_parameter_count_is_what_the_hub_states(model: str, stated: int) -> None:
    assert parameters_of(architecture_of(model)) == pytest.approx(stated, rel=VECTORS)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, LAYERS + EMBEDDING),
        ({"tie_word_embeddings": False}, LAYERS + 2 * EMBEDDING),
        ({"model_type": "opt"}, LAYERS + EMBEDDING - 2 * 128 * 256),
        ({"moe": MOE}, 2 * 49_152 + EMBEDDING + 2 * (12 * 128 * 200 + 512)),
        (
            {"moe": {**MOE, "interleave_moe_layer_step": 2, "dense_intermediate_size": 512}},
            2 * 49_152 + 2 * 98_304 + EMBEDDING + 12 * 128 * 200 + 512,
        ),
        (
            {"moe": {**MOE, "first_k_dense_replace": 1, "n_shared_experts": 1}},
            2 * 49_152 + 98_304 + EMBEDDING + 15 * 128 * 200 + 512,
        ),
        (
            {"num_hidden_layers": 3, "moe": {**MOE, "interleave_moe_layer_step": 2}},
            3 * 49_152 + 2 * 98_304 + EMBEDDING + 12 * 128 * 200 + 512,
        ),
        (
            {"linear_attention": LINEAR},
            # keys 64, values 128: in and out, convolution, gates; the full layer has a gate too
            LAYERS + EMBEDDING + 16_384 - 49_152 + 128 * (64 + 384 + 8) + 4 * 192,
        ),
    ],
    ids=[
        "dense",
        "head",
        "opt",
        "moe",
        "dense width",
        "shared",
        "interleaved",
        "linear",
    ],
)
def test_parameter_count_of_each_kind_of_layer(changes: dict[str, Any], count: int) -> None:
    assert parameters_of(tiny(**changes)) == count


@pytest.mark.parametrize(
    ("names", "size"),
    [
        ([None, "none", "auto", "bfloat16", "float16", "BF16"], 2.0),
        (["fp8", "FP8", "w8a8", "w8a8_int8", "int8", "modelopt_fp8"], 1.0),
        (["awq", "gptq", "awq_marlin", "gptq-marlin"], 0.5195),
        (["w4a16"], 0.5156),
        (["nvfp4", "modelopt_fp4"], 0.5625),
        (["bitsandbytes"], 0.53),
        (["q8_0"], 1.0625),
        (["mxfp4"], 2.0),
    ],
)
def test_bytes_per_parameter_of_each_format(names: list[str | None], size: float) -> None:
    expected = (LAYERS * size + 2 * EMBEDDING) / GIB
    for name in names:
        share = weights_gib(tiny(), name, 1, 1)
        assert share.gib == share.least_gib == pytest.approx(expected, rel=SCALES)
        assert share.reason == ""
        assert checkpoint_gib(tiny(), name) == pytest.approx(expected, rel=SCALES)


@pytest.mark.parametrize(
    ("name", "size", "least", "reason"),
    [
        ("quark", 2.0, 0.25, "the weight format 'quark' is unknown and counted as 16-bit"),
        ("gguf", 1.0625, 0.33, "gguf weights have 2 to 8 bits; counted as q8_0"),
        ("modelopt", 1.0, 0.5625, "modelopt means fp8 or nvfp4; counted as fp8"),
        ("compressed-tensors", 1.0, 0.5156, "compressed-tensors holds 4 or 8 bits; counted as 8"),
    ],
)
def test_an_ambiguous_format_says_so(name: str, size: float, least: float, reason: str) -> None:
    share, plain = weights_gib(tiny(), name, 1, 1), 2 * EMBEDDING
    assert share.gib == pytest.approx((LAYERS * size + plain) / GIB, rel=SCALES)
    assert share.least_gib == pytest.approx((LAYERS * least + plain) / GIB, rel=SCALES)
    assert share.reason == reason


def test_some_models_leave_layers_unquantised() -> None:
    kimi = Architecture.model_validate(KIMI)
    assert checkpoint_gib(kimi, "compressed-tensors") == pytest.approx(554.32, rel=0.003)
    experts = 60 * 384 * 3 * 7168 * 2048
    dense = parameters_of(kimi) - experts
    assert checkpoint_gib(kimi, "compressed-tensors") == pytest.approx(
        (experts * 0.5625 + dense * 2) / GIB, rel=SCALES
    )
    attention = 61 * (7168 * 2112 + 64 * (1536 * 192 + 512 * 256 + 128 * 7168))
    more = checkpoint_gib(kimi, "fbgemm_fp8") - checkpoint_gib(kimi, "fp8")
    assert attention / GIB < more < 1.2 * attention / GIB
    assert checkpoint_gib(kimi, "nvfp4") > checkpoint_gib(kimi, "awq") + attention * 1.4 / GIB


def test_a_vision_model_is_counted_with_its_projector() -> None:
    stated_gib = 8.01
    assert checkpoint_gib(architecture_of("google/gemma-3-4b-it"), None) == pytest.approx(
        stated_gib, rel=0.003
    )


def test_mxfp4_pads_experts_when_loaded_and_not_on_disk() -> None:
    padded = tiny(moe={**MOE, "moe_intermediate_size": 256})
    model = tiny(moe=MOE)
    assert weights_gib(model, "mxfp4", 1, 1) == weights_gib(padded, "mxfp4", 1, 1)
    assert checkpoint_gib(model, "mxfp4") < checkpoint_gib(padded, "mxfp4")


def test_a_stated_count_scales_the_checkpoint() -> None:
    assert checkpoint_gib(tiny(), None, 2 * parameters_of(tiny())) == pytest.approx(
        2 * checkpoint_gib(tiny(), None)
    )


def test_tensor_parallelism_copies_key_value_heads_and_norms() -> None:
    shared, heads = 2 * (2 * 16_384 + 98_304) + EMBEDDING, 2 * 16_384
    for tensor in (1, 2, 4):
        expected = 2 * (shared / tensor + heads / min(2, tensor)) / GIB
        assert weights_gib(tiny(), None, tensor, 1).gib == pytest.approx(expected)


def test_the_rotary_table_is_whole_on_every_rank() -> None:
    without, table = weights_gib(tiny(), None, 4, 1).gib, 2 * 4096 * 32 / GIB
    share = weights_gib(tiny(max_position_embeddings=4096), None, 4, 1).gib
    assert share - without == pytest.approx(table)
    stretched = tiny(model_type="gemma3_text", max_position_embeddings=4096)
    longer = stretched.model_copy(update={"rope_cache_positions": 12288})
    more = weights_gib(longer, None, 4, 1).gib - weights_gib(stretched, None, 4, 1).gib
    assert more == pytest.approx(table)


def test_a_vision_tower_and_its_projector_are_divided() -> None:
    tower = {"hidden_size": 400, "depth": 2, "num_heads": 16, "intermediate_size": 800}
    more = (
        weights_gib(tiny(vision_config=tower), None, 4, 1).gib - weights_gib(tiny(), None, 4, 1).gib
    )
    encoder, projector = 2 * (4 * 400**2 + 2 * 400 * 800), 16 * 400**2 + 4 * 400 * 128
    patches = 400 * 3 * 14**2
    assert more == pytest.approx(2 * ((encoder + projector) / 4 + patches) / GIB)


@pytest.mark.parametrize(
    ("layers", "pipeline", "sizes"),
    [
        (36, 3, [12, 12, 12]),
        (61, 4, [15, 15, 16, 15]),
        (62, 4, [15, 16, 16, 15]),
        (5, 1, [5]),
        (2, 3, [1, 1]),
    ],
)
def test_layers_of_pipeline_stages(layers: int, pipeline: int, sizes: list[int]) -> None:
    found = stages(layers, pipeline)
    assert [len(stage) for stage in found] == sizes
    assert [index for stage in found for index in stage] == list(range(layers))


@pytest.mark.parametrize(("tied", "copies"), [(True, 1), (False, 1)], ids=["tied", "own head"])
def test_first_and_last_stage_hold_the_vocabulary(tied: bool, copies: int) -> None:
    model = tiny(tie_word_embeddings=tied, num_hidden_layers=3)
    first, middle, last = (stage_weights_gib(model, None, 1, layers).gib for layers in stages(3, 3))
    assert first - middle == pytest.approx(copies * 2 * EMBEDDING / GIB)
    assert last - middle == pytest.approx(2 * (copies * EMBEDDING) / GIB)
    assert weights_gib(model, None, 1, 3).gib == last


def test_full_layers_are_spread_evenly() -> None:
    window = {"window": 64, "full_layers": 2, "sliding_layers": 6}
    model = tiny(num_hidden_layers=8, sliding_window=window)
    mixers = [layer.mixer for layer in model_of(model).layers]
    assert all(isinstance(each, Attention) for each in mixers)
    assert [each.window for each in mixers] == 2 * [64, 64, 64, None]
