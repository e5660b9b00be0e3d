"""What is read of a config.json, family by family."""

from __future__ import annotations

from typing import Any

import pytest

from wingsctl.models.architecture import (
    Attention,
    Compressed,
    DeltaNet,
    Dense,
    Experts,
    Latent,
    Mamba,
    Model,
)
from wingsctl.models.read import UnusableConfigError, read_model

PLAIN: dict[str, Any] = {
    "model_type": "own", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
    "vocab_size": 1000, "intermediate_size": 128,
}  # fmt: skip


def read(**changes: Any) -> Model:
    return read_model(PLAIN | changes)


def windows(model: Model) -> list[int | None]:
    mixers = [layer.mixer for layer in model.layers]
    return [each.window for each in mixers if isinstance(each, Attention)]


def test_a_plain_model_has_a_cache_for_each_head() -> None:
    model = read()
    assert model.layers == (model.layers[0],) * 4
    assert model.layers[0].mixer == Attention(heads=4, pairs=4, size=16, value_size=16)
    assert model.layers[0].feed_forward == Dense(128)
    assert (model.hidden, model.vocabulary, model.positions, model.doubts) == (64, 1000, None, ())


@pytest.mark.parametrize(
    ("given", "windows_of"),
    [
        ({"layer_types": ["full_attention", "sliding_attention"] * 2}, [None, 8, None, 8]),
        ({"model_type": "gemma2"}, [8, None, 8, None]),
        ({"sliding_window_pattern": 2}, [8, None, 8, None]),
        ({"sliding_window_pattern": "LLLG"}, [8, 8, 8, None]),
        ({"hybrid_layer_pattern": [0, 1, 1, 0]}, [None, 8, 8, None]),
        ({"model_type": "mistral"}, [8, 8, 8, 8]),
        ({"model_type": "mistral", "sliding_window": None}, [None] * 4),
        ({"use_sliding_window": True, "max_window_layers": 2}, [None, None, 8, 8]),
        ({"use_sliding_window": False, "model_type": "qwen2"}, [None] * 4),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, dict) else "",
)
def test_which_layers_have_a_window(given: dict[str, Any], windows_of: list[int | None]) -> None:
    assert windows(read(**{"sliding_window": 8, "num_key_value_heads": 2} | given)) == windows_of


def test_llama_4_attends_to_chunks_but_for_each_fourth_layer() -> None:
    model = read(model_type="llama4_text", attention_chunk_size=8)
    chunks = [each.mixer.chunk for each in model.layers if isinstance(each.mixer, Attention)]
    assert chunks == [8, 8, 8, None]


def test_a_nested_model_is_read_with_the_defaults_of_its_class() -> None:
    text = {"model_type": "llama", "num_hidden_layers": 1, "vocab_size": 32064}
    model = read_model({"model_type": "llava", "text_config": text})
    assert (model.hidden, model.vocabulary, len(model.layers)) == (4096, 32064, 1)
    assert model.layers[0].feed_forward == Dense(11008)


def test_tied_embeddings_are_said_outside_inside_or_by_the_class() -> None:
    assert not read().is_tied
    assert read(tie_word_embeddings=True).is_tied
    assert read(model_type="gemma2").is_tied
    assert not read(model_type="gemma2", tie_word_embeddings=False).is_tied


def test_latent_attention_has_an_indexer_where_the_layer_has_its_own() -> None:
    latent = {"kv_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 12, "v_head_dim": 16}
    index = {"index_n_heads": 2, "index_head_dim": 32, "indexer_types": ["full", "shared"] * 2}
    mixers = [each.mixer for each in read(**latent, **index).layers]
    assert all(isinstance(each, Latent) for each in mixers)
    found = [each.index for each in mixers if isinstance(each, Latent)]
    assert found == [(2, 32), None, (2, 32), None]
    assert mixers[1] == Latent(heads=4, rank=8, rope=4, plain=12, value=16)


def test_compressed_attention_has_an_indexer_at_a_ratio_of_four() -> None:
    given = {"compress_ratios": [0, 4, 128, 4], "index_n_heads": 2, "index_head_dim": 32}
    mixers = [each.mixer for each in read(**given).layers]
    found = [(each.ratio, each.index) for each in mixers if isinstance(each, Compressed)]
    assert found == [(0, None), (4, (2, 32)), (128, None), (4, (2, 32))]


def test_linear_layers_keep_a_state() -> None:
    sizes = {"linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_conv_kernel_dim": 4}
    sizes |= {"linear_key_head_dim": 8, "linear_value_head_dim": 16, "full_attention_interval": 4}
    model = read(**sizes, mamba_ssm_dtype="float32")
    linear = DeltaNet(
        key_heads=2, value_heads=4, key_size=8, value_size=16, kernel=4, state_bytes=4
    )
    assert [each.mixer == linear for each in model.layers] == [True, True, True, False]
    kimi = {"num_heads": 2, "head_dim": 8, "short_conv_kernel_size": 4, "kda_layers": [1, 3]}
    model = read(linear_attn_config=kimi)
    assert [isinstance(each.mixer, DeltaNet) for each in model.layers] == [True, False] * 2


def test_letters_or_words_name_the_layers_of_a_hybrid() -> None:
    mamba = {"mamba_num_heads": 8, "mamba_head_dim": 4, "n_groups": 2, "ssm_state_size": 16}
    experts = {"n_routed_experts": 4, "moe_intermediate_size": 32, "num_experts_per_tok": 2}
    words = {"layers_block_type": ["mamba", "moe", "attention", "mlp"], "num_hidden_layers": None}
    for names in ({"hybrid_override_pattern": "ME*-"}, words):
        model = read(model_type="nemotron_h", **mamba, **experts, **names)
        first, second, third, fourth = model.layers
        assert isinstance(first.mixer, Mamba)
        assert first.mixer.inner == 32
        assert second.feed_forward == Experts(4, 2, 32, matrices=2, router_bytes=4)
        assert isinstance(third.mixer, Attention)
        assert fourth.feed_forward == Dense(128, 2)
        assert (first.feed_forward, second.mixer, third.feed_forward, fourth.mixer) == (None,) * 4


@pytest.mark.parametrize(
    ("given", "sparse"),
    [
        ({}, [True] * 4),
        ({"first_k_dense_replace": 1}, [False, True, True, True]),
        ({"moe_layer_freq": [0, 1, 1, 0]}, [False, True, True, False]),
        ({"mlp_layer_types": ["dense", "sparse"] * 2}, [False, True] * 2),
        ({"mlp_only_layers": [2]}, [True, True, False, True]),
        ({"decoder_sparse_step": 2}, [False, True] * 2),
        ({"interleave_moe_layer_step": 2}, [False, True] * 2),
    ],
)
def test_which_layers_have_experts(given: dict[str, Any], sparse: list[bool]) -> None:
    model = read(num_experts=8, moe_intermediate_size=32, **given)
    assert [isinstance(each.feed_forward, Experts) for each in model.layers] == sparse


def test_experts_share_some() -> None:
    given = {"n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
    shared = Dense(64)
    for said in ({"n_shared_experts": 2}, {"shared_expert_intermediate_size": 64}):
        experts = read(**given, **said).layers[0].feed_forward
        assert experts == Experts(count=8, chosen=2, width=32, shared=shared)


@pytest.mark.parametrize(
    ("scaling", "positions"),
    [
        ({}, 4096),
        ({"rope_type": "linear", "factor": 4.0}, 16384),
        ({"type": "dynamic", "factor": 2.0}, 8192),
        ({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 1024}, 4096),
        ({"rope_type": "llama3", "factor": 8.0}, 4096),
        ({"type": "longrope"}, 4096),
        ({"rope_type": "linear", "factor": "4"}, 4096),
    ],
)
def test_the_longest_length(scaling: dict[str, Any], positions: int) -> None:
    """As vLLM 0.32 derives it."""
    for key in ("rope_scaling", "rope_parameters"):
        assert read(max_position_embeddings=4096, **{key: scaling}).positions == positions
    gemma = read(model_type="gemma3_text", max_position_embeddings=4096, rope_scaling=scaling)
    assert gemma.positions == 4096


def test_keys_that_state_sizes_and_are_not_understood_are_doubts() -> None:
    model = read(engram_vocab_size=1000, block_configs=[{}], rope_theta=1e6, eos_token_id=2)
    assert model.doubts == ("block_configs", "engram_vocab_size")


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"hidden_size": None}, ("hidden_size",), "is required but missing"),
        ({"hidden_size": 0}, ("hidden_size",), "must be at least 1, not 0"),
        ({"num_hidden_layers": 10**9}, ("num_hidden_layers",), "must be at most 1024"),
        ({"vocab_size": "many"}, ("vocab_size",), "must be a whole number, not 'many'"),
        ({"num_attention_heads": 65}, ("num_attention_heads",), "cannot share a hidden size"),
        ({"kv_lora_rank": -1}, ("kv_lora_rank",), "must be at least 0, not -1"),
        ({"num_experts": 10**6}, ("num_experts",), "must be at most 16384"),
        ({"tie_word_embeddings": "no"}, ("tie_word_embeddings",), "must be true or false"),
        ({"text_config": {"vocab_size": 1.5}}, ("text_config", "vocab_size"), "whole number"),
    ],
)
def test_what_cannot_be_is_refused(
    given: dict[str, Any], path: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UnusableConfigError) as caught:
        read(**given)
    assert [each.path for each in caught.value.wrong] == [path]
    assert message in caught.value.wrong[0].message


def test_all_that_is_wrong_is_reported_at_once() -> None:
    with pytest.raises(UnusableConfigError) as caught:
        read(hidden_size="big", head_dim=1.5, max_position_embeddings="4096")
    assert {each.path[0] for each in caught.value.wrong} == {
        "hidden_size", "head_dim", "max_position_embeddings",
    }  # fmt: skip
    assert "write it without quotes" in [each.hint for each in caught.value.wrong]
