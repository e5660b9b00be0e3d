"""Keys of a JSON Schema by their dotted path, as people write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
_SIMPLE = {"string", "integer", "number", "boolean", "null"}


@dataclass(frozen=True)
class SchemaKey:
    """One key: what it holds, what it is for, and the keys below it."""

    path: str
    kind: str
    description: str
    is_required: bool
    choices: tuple[str, ...]
    children: tuple[SchemaKey, ...] = ()


def find_key(schema: Schema, path: str) -> SchemaKey | None:
    """The key with those right below it; an empty path is the whole. None where there is none."""
    node: Schema | None = schema
    required = True
    for name in path.split(".") if path else ():
        found = _child(schema, node, name) if node is not None else None
        if found is None:
            return None
        node, required = found
    return _key(schema, path, node or schema, required, deep=True)


def key_names(schema: Schema, path: str) -> list[str]:
    """Names right below a path, for hints; none where it does not exist."""
    found = find_key(schema, path)
    return [each.path.rsplit(".", 1)[-1] for each in found.children] if found else []


def _child(schema: Schema, node: Schema, name: str) -> tuple[Schema, bool] | None:
    for part in _objects(schema, node):
        properties = part.get("properties", {})
        if name in properties:
            return properties[name], name in part.get("required", ())
        extra = part.get("additionalProperties")
        if isinstance(extra, Mapping):
            return extra, False
    return None


def _objects(schema: Schema, node: Schema) -> Iterator[Schema]:
    """Alternatives that have keys, those of list items too."""
    for part in _alternatives(schema, node):
        if "properties" in part or isinstance(part.get("additionalProperties"), Mapping):
            yield part
        elif isinstance(part.get("items"), Mapping):
            yield from _objects(schema, part["items"])


def _alternatives(schema: Schema, node: Schema) -> Iterator[Schema]:
    """What a node may be, references followed."""
    if "$ref" in node:
        name = str(node["$ref"]).rsplit("/", 1)[-1]
        yield from _alternatives(schema, schema["$defs"][name])
    elif "anyOf" in node or "allOf" in node:
        for part in (*node.get("anyOf", ()), *node.get("allOf", ())):
            yield from _alternatives(schema, part)
    else:
        yield node


def _key(schema: Schema, path: str, node: Schema, required: bool, *, deep: bool) -> SchemaKey:
    parts = list(_alternatives(schema, node))
    description = node.get("description") or next(
        (part["description"] for part in parts if part.get("description")), ""
    )
    choices = tuple(str(each) for part in parts for each in _choices(part))
    children = tuple(_children(schema, path, node)) if deep else ()
    return SchemaKey(path, _kind(schema, parts), str(description), required, choices, children)


def _choices(part: Schema) -> Iterator[Any]:
    yield from part.get("enum", ())
    if "const" in part:
        yield part["const"]


def _children(schema: Schema, path: str, node: Schema) -> Iterator[SchemaKey]:
    prefix = f"{path}." if path else ""
    seen: set[str] = set()
    for part in _objects(schema, node):
        for name, child in part.get("properties", {}).items():
            if name not in seen:
                seen.add(name)
                is_required = name in part.get("required", ())
                yield _key(schema, f"{prefix}{name}", child, is_required, deep=False)


def _kind(schema: Schema, parts: list[Schema]) -> str:
    names = dict.fromkeys(_kind_of(schema, part) for part in parts)
    names.pop("null", None)
    return " or ".join(names) or "anything"


def _kind_of(schema: Schema, part: Schema) -> str:
    kind = part.get("type")
    if kind == "array":
        items = part.get("items")
        inner = _kind(schema, list(_alternatives(schema, items))) if items else "anything"
        return f"list of {inner}"
    if "properties" in part:
        return "object"
    if kind == "object" or "additionalProperties" in part:
        return "map"
    return str(kind) if kind in _SIMPLE else "string" if "enum" in part else "anything"
