"""Writes the files that are generated from the models; `--check` only compares.

values.schema.json (base of every chart's), the profile's JSON Schema, and the
reference pages of the profile and of the commands.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from wingsctl.catalog.catalog import KINDS
from wingsctl.catalog.profile import Profile
from wingsctl.chart.values_model import Values

ROOT = Path(__file__).resolve().parent.parent
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


def models_in(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The model and every model that its fields mention."""
    from wingsctl.catalog.parse import _models_in

    found: set[type[BaseModel]] = set()
    todo = [model]
    while todo:
        each = todo.pop()
        if each not in found:
            found.add(each)
            for field in each.model_fields.values():
                todo.extend(_models_in([field.annotation, *field.metadata]))
    return found


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Field name -> the string that stands below it in the source, in one line."""
    docs: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if not (issubclass(each, BaseModel) and each.__module__.startswith("wingsctl")):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            if not (isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)):
                continue
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                docs[field.target.id] = " ".join(str(text.value.value).split())
    return docs


def outputs() -> dict[str, str]:
    """Relative path -> text of every generated file."""
    return {
        "chart-templates/core/values.schema.json": as_json(values_schema()),
        "profiles/schema/profile.schema.json": as_json(profile_schema()),
        **{
            f"profiles/schema/{kind[:-1]}.schema.json": as_json(draft_07(model))
            for kind, model in KINDS.items()
        },
    }


def as_json(schema: dict[str, Any]) -> str:
    """The schema as text that does not change by itself."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Writes or checks; 1 when a file is stale."""
    stale = 0
    for name, text in outputs().items():
        path = ROOT / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{'stale' if '--check' in arguments else 'wrote'}: {name}")
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int("--check" in arguments and stale > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
