"""A model's own config.json -> the architecture that the checks need."""

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic import ConfigDict, ValidationError

from wingsctl.catalog.model import Architecture
from wingsctl.catalog.parse import shape_problems
from wingsctl.documents import Document, KeyPath, Place, Problem
from wingsctl.errors import ProfileError

_READ = {
    "model_type", "num_hidden_layers", "hidden_size", "num_attention_heads",
    "num_key_value_heads", "vocab_size", "intermediate_size", "head_dim",
    "tie_word_embeddings", "max_position_embeddings", "attention_bias",
}  # fmt: skip
_INNER = "text_config"
"""Where a model of several kinds of input keeps the facts of its language model."""


class _Config(Architecture):
    """The architecture under the format's own names."""

    model_config = ConfigDict(alias_generator=str)


def parse_model_config(document: Document) -> Architecture:
    """The facts of a config.json; what it lacks has the format's defaults.

    Raises ProfileError with every fact that is missing or cannot be.
    """
    data = document.data
    if not isinstance(data, dict):
        raise _refused(document, [document.problem((), "is not a JSON object")])
    inner = data.get(_INNER)
    if not isinstance(inner, dict | None):
        raise _refused(document, [document.problem((_INNER,), "must be a mapping")])
    facts = _facts({**data, **(inner or {})})
    shown = Document(document.file, facts, partial(_place, document, inner or {}))
    try:
        return _Config.model_validate(facts)
    except ValidationError as error:
        problems = shape_problems(shown, _Config, error)
        raise _refused(document, _without_followers(problems)) from error


def _facts(data: dict[str, Any]) -> dict[str, Any]:
    """The keys that are read; every head has its own cache where nothing else is said."""
    facts = {key: data[key] for key in _READ if data.get(key) is not None}
    if "num_attention_heads" in facts:
        facts.setdefault("num_key_value_heads", facts["num_attention_heads"])
    return facts


def _place(document: Document, inner: dict[str, Any], path: KeyPath) -> Place:
    return document.locate((_INNER, *path) if path and path[0] in inner else path)


def _without_followers(problems: list[Problem]) -> list[Problem]:
    """Heads of the cache that only follow from heads that are wrong are no second problem."""
    wrong = {each.path for each in problems}
    follows = "num_attention_heads" in wrong and "num_key_value_heads" in wrong
    return [each for each in problems if not (follows and each.path == "num_key_value_heads")]


def _refused(document: Document, problems: list[Problem]) -> ProfileError:
    return ProfileError(f"{document.file} is not valid", problems=problems)
