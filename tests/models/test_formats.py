"""Which matrix has which number format, from a checkpoint's own block or from a name."""

from __future__ import annotations

from typing import Any

import pytest

from wingsctl.models.formats import FP8, MXFP4, MXFP8, NVFP4, Format
from wingsctl.models.quantization import read_formats

Q, EXPERTS, GATE, SHARED = (
    "self_attn.q_proj",
    "mlp.experts",
    "mlp.gate",
    "mlp.shared_experts.up_proj",
)
DOWN, HEAD = "mlp.down_proj", "lm_head"
BLOCK = Format("fp8", 8, (128, 128))
INT4 = Format("int4", 4, (1, 32), 2)


def formats_of(layer: int = 0, **block: Any) -> dict[str, Format | None]:
    found = read_formats({"quantization_config": block})
    return {name: found.of(layer, name) for name in (Q, DOWN, EXPERTS, GATE, SHARED, HEAD)}


def test_without_a_block_all_is_as_it_is() -> None:
    found = read_formats({})
    assert found.method is None
    assert [found.of(0, name) for name in (Q, EXPERTS, HEAD)] == [None] * 3


def test_fp8_in_blocks_leaves_router_head_and_named_modules_out() -> None:
    found = formats_of(
        quant_method="fp8", weight_block_size=[128, 128],
        modules_to_not_convert=["model.layers.3.self_attn", "lm_head", "gate"],
    )  # fmt: skip
    assert found == {Q: BLOCK, DOWN: BLOCK, EXPERTS: BLOCK, GATE: None, SHARED: BLOCK, HEAD: None}
    third = formats_of(3, quant_method="fp8", modules_to_not_convert=["model.layers.3.self_attn"])
    assert (third[Q], third[DOWN]) == (None, FP8)


def test_fp4_experts_beside_fp8() -> None:
    block = {"quant_method": "fp8", "weight_block_size": [128, 128]}
    found = read_formats({"expert_dtype": "fp4", "quantization_config": block})
    assert found.of(0, EXPERTS) == Format("fp4", 4, (1, 32), 1)
    assert found.of(0, Q) == BLOCK


def test_compressed_tensors_by_expressions() -> None:
    weights = {"num_bits": 4, "type": "int", "group_size": 32, "strategy": "group"}
    found = formats_of(
        quant_method="compressed-tensors",
        config_groups={"group_0": {"targets": ["Linear"], "weights": weights}},
        ignore=[
            "lm_head", "re:.*self_attn.*", "re:.*shared_experts.*", r"re:.*mlp\.(up|down)_proj.*",
        ],
    )  # fmt: skip
    assert found == {Q: None, DOWN: None, EXPERTS: INT4, GATE: None, SHARED: None, HEAD: None}


def test_groups_of_compressed_tensors_name_their_targets() -> None:
    eight = {"num_bits": 8, "type": "float", "strategy": "channel"}
    four = {"num_bits": 4, "type": "float", "group_size": 16}
    found = formats_of(
        quant_method="compressed-tensors",
        config_groups={
            "group_0": {"targets": ["model.layers.0.self_attn.q_proj"], "weights": eight},
            "group_1": {"targets": ["model.layers.0.mlp.experts"], "weights": four},
        },
    )
    assert (found[Q], found[EXPERTS], found[DOWN]) == (Format("fp8", 8, (1, 0)), NVFP4, None)


def test_a_mixed_map_of_nvidia_names_thousands_of_experts() -> None:
    place = "language_model.model.layers"
    layers = {
        f"{place}.{layer}.block_sparse_moe.experts.{expert}.w1": {"quant_algo": "NVFP4"}
        for layer in range(4)
        for expert in range(64)
    }
    layers[f"{place}.0.self_attn.q_proj"] = {"quant_algo": "MXFP8"}
    found = read_formats({"quantization_config": {
        "quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": layers,
    }})  # fmt: skip
    assert len(found.rules) == 3  # the last: draft layers that are not listed stay as they are
    assert [found.of(layer, EXPERTS) for layer in (0, 3, 4)] == [NVFP4, NVFP4, None]
    assert [found.of(layer, Q) for layer in (0, 1)] == [MXFP8, None]


def test_nvidias_file_beside_the_config() -> None:
    said = {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "exclude_modules": ["lm_head"]}
    found = read_formats({}, {"producer": {}, "quantization": said})
    assert (found.method, found.cache_bytes) == ("modelopt", 1)
    assert (found.of(0, Q), found.of(0, HEAD)) == (NVFP4, None)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("model.layers.0.self_attn*", {Q}),
        ("*.mlp.shared_expert.*", {SHARED}),
        ("model.layers.0.block_sparse_moe.gate", {GATE}),
        ("re:.*mlp.*", {DOWN, EXPERTS, GATE, SHARED}),
        ("re:(", set()),
        ("model.layers.1.self_attn*", set()),
        ("model.layers.0*", {Q, DOWN, EXPERTS, GATE, SHARED}),
    ],
)
def test_what_a_pattern_names(pattern: str, names: set[str]) -> None:
    found = formats_of(quant_method="modelopt", quant_algo="FP8", ignore=[pattern])
    assert {name for name in (Q, DOWN, EXPERTS, SHARED) if found[name] is None} == names - {GATE}


def test_mxfp4_is_for_experts_alone() -> None:
    found = formats_of(quant_method="mxfp4", modules_to_not_convert=["model.layers.*.self_attn"])
    assert found == {Q: None, DOWN: None, EXPERTS: MXFP4, GATE: None, SHARED: None, HEAD: None}


def test_a_method_that_is_not_known_is_named_and_has_no_format() -> None:
    found = read_formats({"quantization_config": {"quant_method": "quark"}})
    assert (found.method, found.default) == ("quark", None)


@pytest.mark.parametrize(
    ("form", "size"),
    [
        (FP8, 256 * 512 + 4),
        (BLOCK, 256 * 512 + 2 * 4 * 4),
        (Format("fp8", 8, (1, 0)), 256 * 512 + 256 * 4),
        (NVFP4, 256 * 512 / 2 + 256 * 32),
        (MXFP4, 256 * 512 / 2 + 256 * 16),
        (INT4, 256 * 512 / 2 + 256 * 16 * 2),
    ],
    ids=lambda each: each.name if isinstance(each, Format) else "",
)
def test_bytes_of_a_matrix_with_its_scales(form: Format, size: float) -> None:
    assert form.bytes_of(256, 512) == size


def test_a_block_at_the_edge_counts_as_a_whole_one() -> None:
    assert BLOCK.bytes_of(192, 128) == 192 * 128 + 2 * 4
