"""Objects that only spell pods and scaling differently, and what they are in known shapes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields

Translator = Callable[[Conversion, Fields], list[Fields]]
_TABLE = (
    (
        "VLLMCluster",
        "training.distributed-inference.io/",
        "operators.vllm_cluster:translate_cluster",
    ),
    ("InferenceService", "system.hero.ai/", "operators.hero_service:translate_hero_service"),
    ("InferenceService", "serving.kserve.io/", "operators.kserve_service:translate_kserve_service"),
    ("LLMInferenceService", "serving.kserve.io/", "operators.llm_service:translate_llm_service"),
)  # fmt: skip
_STACK = ("servingEngineSpec", "operators.production_stack:translate_stack")


def translated(conversion: Conversion, fields: Fields) -> list[Fields]:
    """The object itself, or what it is in the shapes that the readers know."""
    name = _translator_name(fields)
    if not name:
        return [fields]
    module, _, function = name.partition(":")
    translate: Translator = getattr(import_module(f"wingsctl.convert.{module}"), function)
    return translate(conversion, fields)


def _translator_name(fields: Fields) -> str:
    kind, version = fields.text("kind"), fields.text("apiVersion")
    if not kind and _STACK[0] in fields.mapping():
        return _STACK[1]
    found = (row[2] for row in _TABLE if row[0] == kind and version.startswith(row[1]))
    return next(found, "")
