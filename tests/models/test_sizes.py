"""The weights that are computed for an entry are those that its publisher ships."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.models.evidence import models, read_list
from tests.support.plans import resolve
from tests.support.rows import check_rows
from wingsctl.catalog.entry_model import entry_formats, entry_model
from wingsctl.catalog.model import ModelProfile
from wingsctl.models.named_formats import choose_formats
from wingsctl.models.weights import parameter_count
from wingsctl.plan.weights import GIB, checkpoint_gib

WITH_SIZE = [name for name, profile in models().items() if profile.checkpoint_gib]
WITH_PARAMETERS = [name for name, profile in models().items() if profile.parameters]
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
    model = entry_model(profile)
    chosen = choose_formats(model, entry_formats(profile), profile.quantization)
    return checkpoint_gib(model, chosen, profile.parameters)


def test_computed_weights_are_as_large_as_the_checkpoints() -> None:
    def check(name: str) -> Iterator[str]:
        found, stated = computed_gib(models()[name]), models()[name].checkpoint_gib
        is_near = found == pytest.approx(stated, rel=DRAFT_LAYERS_SHARE)
        if is_near == (name in read_list("wide_files.yaml")):
            yield f"{found:.1f} GiB are computed, {stated} GiB are shipped"

    check_rows(WITH_SIZE, check)


def test_a_format_in_the_name_is_that_of_the_weights() -> None:
    def check(name: str) -> Iterator[str]:
        profile = models()[name]
        parameters = profile.parameters or parameter_count(entry_model(profile))
        width = computed_gib(profile) * GIB / parameters
        if (width > WITH_FORMAT[name]) != (name in read_list("wide_formats.yaml")):
            yield f"{width:.2f} bytes per parameter, and its format has {WITH_FORMAT[name]} at most"

    check_rows(WITH_FORMAT, check)


def test_parameters_follow_from_the_architectures() -> None:
    def check(name: str) -> Iterator[str]:
        profile = models()[name]
        found, stated = parameter_count(entry_model(profile)), profile.parameters
        if found != pytest.approx(stated, rel=DRAFT_LAYERS_SHARE):
            yield f"{found:,} follow, {stated:,} are stated"

    check_rows(WITH_PARAMETERS, check)


def test_sizes_and_formats_are_found_at_all() -> None:
    assert len(WITH_SIZE) >= 14
    assert len(WITH_PARAMETERS) >= 105
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


def test_what_is_deployed_fits() -> None:
    check_rows(FITTING, misfits, lambda row: "{} on {} x{}".format(*row))


def misfits(row: tuple[str, str, int]) -> Iterator[str]:
    model, card, count = row
    plan, problems = resolve(f"model: {model}\naccelerator: {{name: {card}, count: {count}}}")
    yield from (str(problem) for problem in problems if problem.severity == "error")
    decisions = plan.decisions if plan else ()
    verdicts = [each.value for each in decisions if each.key == "memory.verdict"]
    if verdicts != ["fits"]:
        yield f"verdict: {verdicts}"
