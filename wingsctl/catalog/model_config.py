"""A model's own config.json -> what the model is made of, and the formats of its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wingsctl.documents import Document, Problem, first_problems
from wingsctl.errors import ProfileError
from wingsctl.models.architecture import Model
from wingsctl.models.formats import Formats
from wingsctl.models.keys import Wrong
from wingsctl.models.quantization import read_formats
from wingsctl.models.read import UnusableConfigError, read_model


@dataclass(frozen=True)
class ModelConfig:
    """What a file says."""

    model: Model
    formats: Formats
    config: Mapping[str, Any] = field(default_factory=dict)


def parse_model_config(document: Document, quant: Document | None = None) -> ModelConfig:
    """The facts of a config.json; what it lacks has the defaults of the model's class.

    `quant`: hf_quant_config.json, which counts where config.json has no quantization block.
    Raises ProfileError with every fact that is missing or cannot be.
    """
    if not isinstance(document.data, dict):
        raise _refused(document, [document.problem((), "is not a JSON object")])
    try:
        beside = quant.data if quant and isinstance(quant.data, dict) else None
        formats = read_formats(document.data, beside)
        return ModelConfig(read_model(document.data), formats, document.data)
    except UnusableConfigError as error:
        problems = [_problem(document, each) for each in error.wrong]
        raise _refused(document, problems) from error


def _problem(document: Document, wrong: Wrong) -> Problem:
    return document.problem(wrong.path, wrong.message, wrong.hint)


def _refused(document: Document, problems: list[Problem]) -> ProfileError:
    return ProfileError(f"{document.file} is not valid", problems=first_problems(problems))
