"""What the arguments change about the model: keys of its config.json, and so its length."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.versions import first_row
from wingsctl.models.overrides import with_overrides
from wingsctl.models.quantization import read_formats
from wingsctl.models.read import UnusableConfigError, read_model
from wingsctl.plan.arguments import Arguments, memory_arguments
from wingsctl.plan.draft import Draft
from wingsctl.plan.model import ModelFacts

_ARGS = ("engine", "args")


def override_facts(
    draft: Draft, args: dict[str, Any], facts: ModelFacts, engine: EngineProfile, version: str
) -> ModelFacts:
    """The model as the engine reads it; `is_stretched` where its length is not known then."""
    arguments = memory_arguments(engine, args)
    keys = _overrides(arguments)
    if not keys:
        is_given = arguments.has("configOverrides") or arguments.has("ropeScaling")
        return replace(facts, is_stretched=is_given)
    if facts.config is None or facts.model is None:
        return replace(facts, is_stretched=True)
    config = with_overrides(facts.config, keys)
    row = first_row(engine.rope_factors, version)
    try:
        model = read_model(config, row.yarn if row else "included")
    except UnusableConfigError as error:
        for each in error.wrong:
            where = ".".join(each.path)
            draft.refuse(_ARGS, f"{where} of the overridden config {each.message}", each.hint)
        return facts
    if model.positions != facts.model.positions:
        names = ", ".join(sorted(keys))
        draft.decide("model.positions", model.positions, f"engine.args: {names} of the config")
    formats = read_formats(config) if "quantization_config" in keys else facts.formats
    return replace(facts, model=model, formats=formats, config=config, is_overridden=True)


def _overrides(arguments: Arguments) -> dict[str, Any]:
    keys = arguments.mapping("configOverrides")
    if scaling := arguments.mapping("ropeScaling"):
        keys["rope_scaling"] = scaling
    return keys
