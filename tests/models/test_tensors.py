"""Classes of tensors by name, their bytes, and how many parameters they are."""

from __future__ import annotations

import pytest

from wingsctl.models.formats import FP4, FP8, MXFP4, NVFP4, Format, Formats
from wingsctl.models.tensors import BITS, Tensor, bytes_by_class, class_of, count_parameters

NAMES = {
    "embedding": [
        "model.embed_tokens.weight", "transformer.wte.weight", "model.tok_embeddings.weight",
        "embeddings.position_embeddings.weight", "transformer.embedding.word_embeddings.weight",
    ],
    "attention": [
        "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.sinks",
        "model.layers.0.linear_attn.A_log", "backbone.layers.3.mixer.conv1d.weight",
        "encoder.layer.0.attention.output.dense.weight", "layers.0.attn.wq_a.weight",
        "model.layers.0.attention.wqkv.weight", "transformer.h.0.attn.c_attn.weight",
    ],
    "feed-forward": [
        "model.layers.0.mlp.gate_proj.weight", "model.layers.3.mlp.shared_experts.up_proj.weight",
        "backbone.layers.3.mixer.up_proj.weight", "encoder.layer.0.output.dense.weight",
        "encoder.layer.0.intermediate.dense.weight", "model.layers.0.feed_forward.w1.weight",
    ],
    "experts": [
        "model.layers.3.mlp.experts.5.up_proj.weight", "layers.0.ffn.experts.1.w1.weight",
        "model.layers.0.mlp.experts.gate_up_proj_blocks",
        "model.layers.0.block_sparse_moe.experts.0.w1.weight",
    ],
    "router": [
        "model.layers.3.mlp.gate.weight", "model.layers.3.mlp.gate.e_score_correction_bias",
        "model.layers.0.mlp.router.weight", "model.layers.0.block_sparse_moe.gate.weight",
    ],
    "norm": [
        "model.norm.weight", "model.layers.0.input_layernorm.weight", "backbone.norm_f.weight",
        "model.layers.0.self_attn.q_norm.weight", "transformer.h.0.ln_1.weight",
        "encoder.layer.0.attention.output.LayerNorm.weight", "layers.0.attn_norm.weight",
    ],
    "head": ["lm_head.weight", "output.weight", "proj_out.weight", "score.weight"],
    "vision": [
        "visual.blocks.0.attn.qkv.weight", "model.visual.patch_embed.proj.weight",
        "vision_tower.vision_model.encoder.layers.77.self_attn.q_proj.weight",
        "multi_modal_projector.linear_1.weight",
    ],
    "audio": ["audio_tower.layers.1.fc1.weight"],
    "draft": ["mtp.layers.0.mlp.up_proj.weight", "model.layers.61.eh_proj.weight"],
    "other": ["roberta.pooler.dense.weight", "logit_scale"],
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMES)
def test_a_class_follows_from_the_name(kind):
    assert {name: class_of(name, 61) for name in NAMES[kind]} == dict.fromkeys(NAMES[kind], kind)


def test_bytes_are_those_of_the_file():
    tensors = [
        Tensor("lm_head.weight", "BF16", (8, 4)),
        Tensor("model.layers.0.mlp.up_proj.weight", "F8_E4M3", (8, 4)),
        Tensor("model.layers.0.mlp.up_proj.weight_scale", "F32", ()),
        Tensor("model.layers.1.mlp.up_proj.weight", "F4", (8, 4)),
    ]
    assert bytes_by_class(tensors, 2) == {
        "feed-forward": {"F32": 4, "F4": 16, "F8_E4M3": 32},
        "head": {"BF16": 64},
    }


NAME = "model.layers.0.mlp.up_proj"
EXPERT = "model.layers.0.mlp.experts.0.up_proj"
INT4 = Format("int4", 4, (1, 128), 2)
COUNTS = {
    "scales": (Formats("fp8", FP8), {f"{NAME}.weight_scale_inv": ("F32", (9,))}, 0),
    "fp8": (Formats("fp8", FP8), {f"{NAME}.weight": ("F8_E4M3", (8, 4))}, 32),
    "gptq": (Formats("gptq", INT4), {f"{NAME}.qweight": ("I32", (2, 4))}, 64),
    "compressed": (Formats("c", INT4), {f"{NAME}.weight_packed": ("I32", (2, 4))}, 64),
    "shape": (Formats("c", INT4), {f"{NAME}.weight_shape": ("I64", (2,))}, 0),
    "nvfp4": (Formats("modelopt", NVFP4), {f"{NAME}.weight": ("U8", (8, 4))}, 64),
    "mxfp4": (Formats("mxfp4", experts=MXFP4), {f"{EXPERT}_blocks": ("U8", (8, 4))}, 64),
    "deepseek": (
        Formats("fp8", FP8, FP4),
        {f"{EXPERT}.weight": ("I8", (8, 4)), f"{EXPERT}.scale": ("F8_E8M0", (8, 4))},
        64,
    ),
    "a scale of its own": (Formats(), {"model.layers.0.scale": ("BF16", (7,))}, 7),
    "int8": (Formats("c", Format("int8", 8)), {f"{NAME}.weight": ("I8", (8, 4))}, 32),
    "unknown": (Formats("moon"), {f"{NAME}.weight": ("U8", (8, 4))}, None),
    "draft": (Formats(), {"mtp.fc.weight": ("BF16", (8, 4))}, 0),
}


@pytest.mark.parametrize("case", COUNTS)
def test_parameters_are_values_of_the_model(case):
    formats, given, wanted = COUNTS[case]
    tensors = [Tensor(name, dtype, shape) for name, (dtype, shape) in given.items()]
    assert count_parameters(tensors, 1, formats) == wanted


def test_a_head_that_is_tied_counts_once():
    tensors = [Tensor(name, "BF16", (8, 4)) for name in ("model.embed_tokens.weight", "lm_head.x")]
    assert count_parameters(tensors, 1, Formats()) == 64
    assert count_parameters(tensors, 1, Formats(), is_tied=True) == 32


def test_every_type_has_whole_bytes_or_divides_one():
    assert {bits for bits in BITS.values() if bits % 8} == {4, 6}
