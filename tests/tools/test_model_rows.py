"""What the rows of a facts file are called: layouts, parts of a model, refusals."""

from __future__ import annotations

import pytest


def test_one_name_for_the_tensors_of_all_layers():
    from tensor_parts import parts

    tensors = [
        ("model.layers.0.mlp.up.weight", 6),
        ("model.layers.11.mlp.up.weight", 6),
        ("model.layers.0.mlp.experts.w13_weight", 40),
        ("visual.blocks.3.4.proj", 1),
        ("lm_head.weight", 9),
    ]
    assert parts(tensors) == {
        "lm_head.weight": [9, 1],
        "model.layers.*.mlp.experts.w13_weight": [40, 1],
        "model.layers.*.mlp.up.weight": [12, 2],
        "visual.blocks.*.*.proj": [1, 1],
    }


def test_the_layouts_depend_on_weights_and_experts():
    from layouts import LARGE_BYTES, PLAIN, further_layouts

    small = [each.stated() for each in further_layouts(LARGE_BYTES, has_experts=False)]
    assert PLAIN.stated() == {"tensor": 1}
    assert small == [
        *({"tensor": size} for size in (2, 4, 8)),
        {"tensor": 1, "pipeline": 2, "stage": 0},
        {"tensor": 1, "pipeline": 2, "stage": 1},
        {"tensor": 1, "cache_dtype": "fp8"},
    ]
    large = [each.stated() for each in further_layouts(LARGE_BYTES + 1, has_experts=True)]
    assert [each for each in large if each not in small] == [
        {"tensor": 16},
        {"tensor": 8, "expert_parallel": True},
        {"tensor": 1, "data": 8, "expert_parallel": True},
    ]


def test_the_rank_of_a_stage():
    from layouts import Layout

    assert (Layout(tensor=4, pipeline=2, stage=1).rank, Layout(tensor=4, pipeline=2).size) == (4, 8)


class ValidationError(Exception):
    """As pydantic wraps what a validator raises."""

    def __init__(self, inner):
        super().__init__("1 validation error for ModelConfig")
        self.inner = inner

    def errors(self):
        return [{"ctx": {"error": self.inner}}]


def raised(error, place="site-packages/vllm/config/model.py"):
    """The error as code of that file raises it."""
    code = compile("def verify(error):\n    raise error", place, "exec")
    scope = {}
    exec(code, scope)
    try:
        scope["verify"](error)
    except type(error) as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "is_plain", "whose"),
    [
        (raised(ValueError("28 heads, 8 ranks")), False, "engine"),
        (ValidationError(raised(ValueError("28 heads, 8 ranks"))), False, "engine"),
        (raised(ValueError("28 heads, 8 ranks"), "site-packages/torch/nn.py"), False, "tool"),
        (raised(NotImplementedError("pipeline parallelism")), False, "engine"),
        (raised(AssertionError()), False, "engine"),
        (raised(AssertionError()), True, "tool"),
        (raised(KeyError("no_op")), False, "tool"),
        (ImportError("No module named 'flashinfer'"), True, "cpu"),
        (RuntimeError("Found no NVIDIA driver on your system"), True, "cpu"),
        (ValueError("Model architectures ['X'] are not supported for now"), True, "unsupported"),
        (ValueError("The repository contains custom code"), True, "remote code"),
    ],
)
def test_in_whose_hands_a_refusal_lies(error, is_plain, whose):
    from refusals import refused

    assert refused(error, is_plain=is_plain, read_as_it_stands=False)["refused"] == whose


def test_a_missing_attribute_may_be_a_default_of_the_repositorys_class():
    from refusals import refused

    error = AttributeError("no attribute 'layer_norm_epsilon'")
    said = [refused(error, is_plain=True, read_as_it_stands=each)["refused"] for each in (0, 1)]
    assert said == ["tool", "remote code"]


def test_a_reason_names_the_place_and_nothing_of_this_machine():
    from refusals import LONGEST, reason

    assert reason(raised(ValueError("28 heads"))) == "model.py:verify: ValueError: 28 heads"
    lines = ValueError(
        "in /tmp/abc12/config.json\n of <Llama at 0x7f12ab34cd> and/or https://x.y/z"
    )
    assert reason(lines) == "ValueError: in config.json of <Llama at 0x> and/or https://x.y/z"
    assert len(reason(ValueError("no " * 200))) <= LONGEST
    assert reason(AssertionError()) == "AssertionError"
