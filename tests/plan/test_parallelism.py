"""Parallel sizes: what is computed, and which products must match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.plans import empty_draft, messages, plan_of, resolve, shipped, shipped_engine
from wingsctl.catalog.entry_model import entry_model, model_of
from wingsctl.catalog.model import Architecture
from wingsctl.models.architecture import Model
from wingsctl.models.formats import Format, Formats
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.parallelism import check_split
from wingsctl.plan.splits import Splits

EXPERTS = "model: qwen3-30b-a3b\naccelerator: {name: nvidia-h100, count: 4}"


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("", (1, 1, 1, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}", (4, 1, 1, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}\nparallelism: {tensor: 2}", (2, 2, 1, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}\nparallelism: {tensor: 1, data: 4}",
         (1, 1, 4, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}\nparallelism: {tensor: 2, data: 2}",
         (2, 1, 2, 1)),
        ("accelerator: {name: nvidia-l4, count: 4}\nnodes: 2", (4, 2, 1, 1)),
        ("accelerator: {name: nvidia-l4, count: 2}\nnodes: 2\nparallelism: {tensor: 4}",
         (4, 1, 1, 1)),
        ("engine: sglang\naccelerator: {name: nvidia-l4, count: 4}\nparallelism: {data: 2}",
         (4, 1, 2, 1)),
        (f"engine: sglang\n{EXPERTS}\nparallelism: {{expert: 4}}", (4, 1, 1, 4)),
        (f"{EXPERTS}\nparallelism: {{expert: 3}}", (4, 1, 1, 3)),
    ],
)  # fmt: skip
def test_sizes(text, sizes):
    parallel = plan_of(text).parallel
    assert (parallel.tensor, parallel.pipeline, parallel.data, parallel.expert) == sizes


@pytest.mark.parametrize(
    ("engine", "sizes", "is_right"),
    [
        ("vllm", "{tensor: 2, data: 2}", True),
        ("sglang", "{tensor: 2, data: 2}", True),
        ("vllm", "{tensor: 4, data: 2}", False),
        ("sglang", "{tensor: 4, data: 2}", True),
        ("sglang", "{tensor: 4, pipeline: 1, data: 4}", True),
        ("vllm", "{tensor: 4, pipeline: 1, data: 4}", False),
        ("vllm", "{tensor: 1, pipeline: 2, data: 2}", True),
    ],
)
def test_data_parallel_counts_by_the_engines_rule(engine, sizes, is_right):
    text = f"engine: {engine}\naccelerator: {{name: nvidia-l4, count: 4}}\nparallelism: {sizes}"
    assert (not messages(text)) == is_right


@given(st.integers(1, 16), st.integers(1, 4), st.integers(1, 8), st.integers(1, 4))
def test_vllm_products_match_or_are_refused(count, nodes, tensor, data):
    text = (
        f"accelerator: {{name: nvidia-l4, count: {count}}}\nnodes: {nodes}\n"
        f"parallelism: {{tensor: {tensor}, data: {data}}}"
    )
    has_ranks = any("ranks, but there are" in each for each in messages(text))
    assert has_ranks == (count * nodes % (tensor * data) != 0)


def architecture(**changes: int) -> Architecture:
    facts = {
        "model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096,
        "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000,
    }  # fmt: skip
    return Architecture.model_validate({**facts, **changes})


def splits(
    model: Model, formats: Formats | None = None, engine: str = "vllm", version: str = "0.32.0"
) -> Splits:
    return Splits(shipped_engine(engine), version, "nvidia", model, formats or Formats())


@pytest.mark.parametrize(
    ("changes", "tensor", "refused"),
    [
        ({}, 8, None),
        ({}, 16, None),
        ({}, 3, "32 attention heads cannot be split over tensor parallel 3"),
        ({"num_key_value_heads": 3, "num_attention_heads": 6}, 2, "3 KV heads"),
        (
            {
                "num_key_value_heads": 3,
                "num_attention_heads": 6,
                "vocab_size": 38400,
                "intermediate_size": 12288,
            },
            6,
            None,
        ),
        ({"num_attention_heads": 14, "num_key_value_heads": 14}, 7, "a vocabulary of 32000"),
        ({"vocab_size": 32001}, 8, None),
    ],
)
def test_heads_and_vocabulary(changes, tensor, refused):
    draft = empty_draft()
    model = model_of(architecture(**changes))
    check_split(draft, Parallel(tensor, 1, 1, 1, tensor), splits(model))
    assert len(draft.problems) == (1 if refused else 0)
    assert not refused or refused in draft.problems[0].message


def test_latent_attention_has_no_kv_heads_to_split():
    entry = shipped().model("deepseek-r1")
    assert entry is not None
    draft = empty_draft()
    check_split(draft, Parallel(16, 1, 1, 1, 16), splits(entry_model(entry.profile)))
    assert draft.problems == []


def test_stages_of_unequal_size_are_a_warning():
    draft = empty_draft()
    check_split(draft, Parallel(1, 3, 1, 1, 3), splits(model_of(architecture())))
    assert [each.severity for each in draft.problems] == ["warning"]


@pytest.mark.parametrize(
    ("count", "resource", "refused"),
    [
        (1, "nvidia.com/mig-3g.40gb", False), (2, "nvidia.com/mig-3g.40gb", True),
        (1, "nvidia.com/gpu.shared", False), (2, "nvidia.com/gpu.shared", True),
    ],
)  # fmt: skip
def test_parts_of_cards(count, resource, refused):
    card = f"accelerator: {{name: nvidia-a100-80gb, count: {count}, resource: {resource}}}"
    parts = [each for each in messages(card) if "accelerator.resource" in each]
    assert bool(parts) == refused


BLOCKS = {
    "fp8 in blocks": Formats("fp8", Format("fp8", 8, (128, 128))),
    "fp8 by row": Formats("fp8", Format("fp8", 8, (1, 0))),
    "awq": Formats("awq", Format("int4", 4, (1, 128), 2.5)),
    "int4 in groups of 32": Formats("compressed-tensors", Format("int4", 4, (1, 32), 2)),
    "nvfp4": Formats("modelopt", Format("nvfp4", 4, (1, 16), 1)),
}


@pytest.mark.parametrize(
    ("name", "width", "engine", "refused"),
    [
        ("fp8 in blocks", 1536, ("vllm", "0.32.0"), True),
        ("fp8 in blocks", 1536, ("vllm", "0.8.5"), True),
        ("fp8 in blocks", 1536, ("sglang", "0.5.23"), True),
        ("fp8 in blocks", 2048, ("vllm", "0.32.0"), False),
        ("fp8 by row", 1536, ("vllm", "0.32.0"), False),
        ("awq", 1536, ("vllm", "0.11.0"), True),
        ("awq", 1536, ("sglang", "0.5.14"), True),
        ("int4 in groups of 32", 1536, ("vllm", "0.32.0"), False),
        ("int4 in groups of 32", 1408, ("vllm", "0.32.0"), True),
        ("nvfp4", 1408, ("vllm", "0.32.0"), False),
        ("nvfp4", 1344, ("vllm", "0.32.0"), True),
    ],
)
def test_a_rank_holds_whole_blocks(name, width, engine, refused):
    """Over eight ranks, 1536 are 192 each, 1408 are 176 and 1344 are 168."""
    model = model_of(architecture(intermediate_size=width))
    found = splits(model, BLOCKS[name], *engine).obstacles(Parallel(8, 1, 1, 1, 8))
    assert bool(found) == refused
    assert all(each.startswith("mlp.") and f"{width} wide" in each for each in found)


def test_rows_of_fused_matrices_count_in_old_versions_alone():
    changes = {"num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 8192}
    model = model_of(architecture(**changes))
    sizes = Parallel(8, 1, 1, 1, 8)
    old = splits(model, BLOCKS["fp8 in blocks"], version="0.13.0").obstacles(sizes)
    assert [each.split(",")[0] for each in old] == ["self_attn.k_proj", "self_attn.v_proj"]
    assert splits(model, BLOCKS["fp8 in blocks"], version="0.14.1").obstacles(sizes) == []


MOE = (
    "model: qwen3-30b-a3b-fp8\naccelerator: {{name: nvidia-h100, count: {count}}}\nengine: {engine}"
)
VLLM, SGLANG = "{name: vllm, version: 0.27.1}", "{name: sglang, version: 0.5.23}"
CHOSEN = {
    "experts whole where blocks would be cut": (MOE.format(count=8, engine=VLLM), (8, 1, 1, 8)),
    "the same for SGLang": (MOE.format(count=8, engine=SGLANG), (8, 1, 1, 8)),
    "vLLM that cuts blocks itself": (
        MOE.format(count=8, engine="{name: vllm, version: 0.29.0}"), (8, 1, 1, 1)
    ),
    "blocks that are whole": (MOE.format(count=4, engine=SGLANG), (4, 1, 1, 4)),
    "heads that do not divide": ("accelerator: {name: nvidia-h100, count: 8}", (4, 2, 1, 1)),
    "an odd number": ("accelerator: {name: nvidia-h100, count: 3}", (1, 3, 1, 1)),
    "KV heads": ("model: phi-4\naccelerator: {name: nvidia-h100, count: 8}", (2, 4, 1, 1)),
    "several nodes": (
        "accelerator: {name: nvidia-h100, count: 8}\nnodes: 2\nfabric: ethernet", (4, 4, 1, 1)
    ),
    "data parallelism is written": (
        "accelerator: {name: nvidia-h100, count: 8}\nparallelism: {data: 2}", (4, 1, 2, 1)
    ),
    "pipeline parallelism is written": (
        "accelerator: {name: nvidia-h100, count: 8}\nparallelism: {pipeline: 2}", (4, 2, 1, 1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHOSEN)
def test_the_default_is_a_split_that_loads_and_uses_all_accelerators(case):
    text, sizes = CHOSEN[case]
    found = plan_of(text).parallel
    assert (found.tensor, found.pipeline, found.data, found.expert) == sizes


def test_the_reason_of_an_unusual_split_is_shown():
    decisions = {each.key: each.source for each in plan_of(CHOSEN["KV heads"][0]).decisions}
    assert decisions["parallelism.tensor"] == (
        "rule: 10 KV heads cannot be split over tensor parallel 8"
    )


IMPOSSIBLE = {
    "no pipeline parallelism": (
        "model: whisper-large-v3-turbo\naccelerator: {name: nvidia-h100, count: 8}",
        "accelerator: vLLM 0.33.0 does not load the model so: 20 attention heads cannot be split",
        "numbers of accelerators that work: 4, 2, 1",
    ),
    "written, though blocks would be cut": (
        ("model: minimax-m2.7\nengine: {name: vllm, version: 0.27.1}\n"
        "accelerator: {name: nvidia-h200, count: 8}\nparallelism: {tensor: 8}"),
        ("parallelism.tensor: vLLM 0.27.1 does not load the model so: mlp.experts, 1536 wide, "
        "gives each of 8 ranks 192 values, no multiple of the 128 that share a scale in fp8"),
        ("what works here: parallelism: {tensor: 8, expert: 8}; parallelism: {tensor: 4, "
        "pipeline: 2}"),
    ),
    "experts that cannot be dealt out": (
        ("model: qwen3-30b-a3b\nengine: {name: sglang, version: 0.5.23}\n"
        "accelerator: {name: nvidia-h100, count: 6}\nparallelism: {tensor: 6, expert: 6}"),
        ("parallelism.tensor: SGLang 0.5.23 does not load the model so: 32 attention heads cannot "
        "be split over tensor parallel 6; 4 KV heads"),
        "what works here: parallelism: {tensor: 2, pipeline: 3}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_a_split_that_does_not_load_is_refused_with_what_works(case):
    text, message, hint = IMPOSSIBLE[case]
    _, problems = resolve(text)
    found = [each for each in problems if "does not load" in each.message]
    assert len(found) == 1
    assert f"{found[0].path}: {found[0].message}".startswith(message)
    assert found[0].hint.startswith(hint)


@pytest.mark.parametrize("case", [name for name in IMPOSSIBLE if "written" in name])
def test_what_a_refusal_offers_is_accepted(case):
    text, _, hint = IMPOSSIBLE[case]
    for way in hint.removeprefix("what works here: ").split("; "):
        written = text.rpartition("\n")[0] + f"\n{way}"
        assert not any("does not load" in each for each in messages(written)), way


IMAGES = "model: qwen3-vl-4b-instruct\naccelerator: {name: nvidia-h100, count: 8}\nnodes: 4\n"
WIDE = "fabric: ethernet\nparallelism: {tensor: 32}\n"


@pytest.mark.parametrize(
    ("engine", "refused"),
    [
        ("{name: vllm}", True),
        ("{name: vllm, args: {mm-encoder-tp-mode: weights}}", True),
        ("{name: vllm, args: {mm-encoder-tp-mode: data}}", False),
        ("{name: vllm, args: {mm_encoder_tp_mode: data}}", False),
        ("{name: sglang, args: {mm-enable-dp-encoder: true}}", False),
    ],
)
def test_an_image_encoder_may_be_kept_whole(engine, refused):
    """It has 16 heads."""
    found = [
        each for each in messages(f"{IMAGES}{WIDE}engine: {engine}") if "image encoder" in each
    ]
    assert bool(found) == refused
