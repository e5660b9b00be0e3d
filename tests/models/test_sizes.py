"""The weights that are computed for an entry are those that its publisher ships."""

from __future__ import annotations

import re

import pytest

from tests.models.evidence import models, read_list
from tests.support.plans import resolve
from wingsctl.catalog.model import ModelProfile
from wingsctl.plan.weights import GIB, checkpoint_gib, parameter_count

WITH_SIZE = [name for name, profile in models().items() if profile.checkpoint_gib]
# What a name promises, and the most bytes per parameter that the whole model then has:
# embeddings and heads stay wide.
FORMATS = {
    r"FP8|W8A8|INT8": 1.15,
    r"NVFP4|MXFP4|FP4|AWQ|GPTQ|INT4|W4A16": 0.75,
}
WITH_FORMAT = {
    name: most
    for name in models()
    for pattern, most in FORMATS.items()
    if re.search(rf"(^|[-_.])({pattern})([-_.]|$)", name.split("/")[1], re.I)
}
DRAFT_LAYERS_SHARE = 0.03
"""Files hold draft layers, and scales and indexes that the count leaves out."""


def computed_gib(profile: ModelProfile) -> float:
    return checkpoint_gib(profile.architecture, profile.quantization, profile.parameters)


@pytest.mark.parametrize("name", WITH_SIZE)
def test_computed_weights_are_as_large_as_the_checkpoint(name: str) -> None:
    profile = models()[name]
    assert computed_gib(profile) == pytest.approx(profile.checkpoint_gib, rel=DRAFT_LAYERS_SHARE)


@pytest.mark.parametrize("name", WITH_FORMAT)
def test_a_format_in_the_name_is_that_of_the_weights(name: str) -> None:
    profile = models()[name]
    parameters = profile.parameters or parameter_count(profile.architecture)
    is_wide = computed_gib(profile) * GIB / parameters > WITH_FORMAT[name]
    assert is_wide == (name in read_list("wide_formats.yaml")), computed_gib(profile)


def test_sizes_and_formats_are_found_at_all() -> None:
    assert len(WITH_SIZE) >= 14
    assert set(read_list("wide_formats.yaml")) <= set(WITH_FORMAT)
    assert {"zai-org/GLM-4.7-FP8", "nvidia/Gemma-4-31B-IT-NVFP4"} <= set(WITH_FORMAT)


# Deployments that vLLM's recipes call verified; the last two follow from the halved size.
FITTING = [
    ("deepseek-v4-pro", "nvidia-h200", 8),
    ("deepseek-v4-pro", "nvidia-b200", 8),
    ("deepseek-v4-pro", "nvidia-gb300", 4),
    ("kimi-k2-thinking", "nvidia-h200", 8),
    ("kimi-k2-thinking", "amd-mi300x", 8),
    ("kimi-k2-thinking", "amd-mi325x", 8),
    ("glm-4.7-fp8", "nvidia-h100", 8),
    ("glm-4.7-fp8", "nvidia-h200", 4),
]


@pytest.mark.parametrize(("model", "card", "count"), FITTING)
def test_what_is_deployed_fits(model: str, card: str, count: int) -> None:
    plan, problems = resolve(f"model: {model}\naccelerator: {{name: {card}, count: {count}}}")
    assert not [str(problem) for problem in problems if problem.severity == "error"]
    assert plan
    verdict = next(each for each in plan.decisions if each.key == "memory.verdict")
    assert verdict.value == "fits"
