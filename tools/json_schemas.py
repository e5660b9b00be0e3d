"""The JSON Schemas of what people write, with one meaning in every reader."""

from __future__ import annotations

import json
from typing import Any

from field_docs import field_docs, models_in
from pydantic import BaseModel

from wingsctl.catalog.profile import Profile
from wingsctl.chart.values_model import Values

DRAFT_07 = "http://json-schema.org/draft-07/schema#"


def values_schema() -> dict[str, Any]:
    """The base of values.schema.json."""
    return draft_07(Values)


def profile_schema() -> dict[str, Any]:
    """The schema of a profile, for editors."""
    schema = draft_07(Profile)
    schema["title"] = "wingsctl profile"
    return schema


def draft_07(model: type[BaseModel]) -> dict[str, Any]:
    """Pydantic's schema with the same meaning in both of helm's JSON Schema engines."""
    schema = model.model_json_schema(by_alias=True, mode="validation")
    describe(schema, model)
    rewritten: dict[str, Any] = rewrite(schema)
    return {"$schema": DRAFT_07, **rewritten}


def rewrite(node: Any) -> Any:
    """Drops titles, closes maps with patterned keys, and turns const into enum."""
    if isinstance(node, list):
        return [rewrite(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {
        key: {name: rewrite(rule) for name, rule in value.items()}
        if key in ("properties", "$defs", "patternProperties")
        else rewrite(value)
        for key, value in node.items()
        if key not in ("title", "discriminator", "default")
    }
    if "patternProperties" in out:
        out["additionalProperties"] = False
    if "$ref" in out and set(out) - {"$ref", "description"}:
        out = {"allOf": [{"$ref": out.pop("$ref")}], **out}
    return out


def describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Puts the docstring below each field into the schema as its description."""
    for each in models_in(model):
        target = schema if each is model else schema["$defs"].get(each.__name__, {})
        documented = field_docs(each)
        for name, field in each.model_fields.items():
            rule = target.get("properties", {}).get(field.alias or name)
            if rule is not None and name in documented:
                rule["description"] = documented[name]


def as_json(schema: dict[str, Any]) -> str:
    """The schema as text that does not change by itself."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
