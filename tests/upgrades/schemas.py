"""Whether a JSON Schema of today takes everything that one of then took.

A careful judge: it may call a rule narrower that is not, such as another pattern, but never the
reverse.
It knows the keywords that tools/json_schemas.py writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]
Rule = Schema | bool
Seen = frozenset[tuple[int, int]]

LOWEST = ("minimum", "minLength", "minItems", "minProperties")
HIGHEST = ("maximum", "maxLength", "maxItems", "maxProperties")
SAME = ("pattern", "not")
WORDS = {
    "$schema", "$defs", "$ref", "title", "description", "type", "const", "enum", "pattern",
    "required", "properties", "additionalProperties", "patternProperties", "propertyNames",
    "items", "anyOf", "oneOf", "allOf", "not", *LOWEST, *HIGHEST,
}  # fmt: skip


@dataclass(frozen=True)
class Schemas:
    """Two documents, with the definitions that each refers to."""

    old: Schema
    new: Schema
    of_values: bool = False
    """Helm deletes a chart's default where a values file has null. Which ones may be deleted is not
    judged: a chart may come to need a key."""

    def narrower(self) -> Iterator[str]:
        """Where the new one refuses what the old one took: `path: what`."""
        yield from self._compare(self.old, self.new, "", frozenset())

    def _compare(self, old: Schema, new: Schema, path: str, seen: Seen) -> Iterator[str]:
        old, new = _resolve(old, self.old), _resolve(new, self.new)
        pair = (id(old), id(new))
        if pair in seen:
            return
        seen |= {pair}
        if branches := _branches(old):
            for branch in branches:
                if branch != {"type": "null"} or not self.of_values:
                    yield from self._compare(branch, new, path, seen)
        elif branches := _branches(new):
            found = [list(self._compare(old, branch, path, seen)) for branch in branches]
            yield from min(found, key=len)
        else:
            yield from (f"{path}: {what}" for what in _values(old, new))
            more = set(new.get("required", [])) - set(old.get("required", []))
            if more and not self.of_values:
                yield f"{path}: required: {sorted(more)}"
            yield from self._objects(old, new, path, seen)
            if "items" in new:
                yield from self._compare(old.get("items", {}), new["items"], f"{path}[]", seen)

    def _objects(self, old: Schema, new: Schema, path: str, seen: Seen) -> Iterator[str]:
        """The keys of an object: those that either names, those of a pattern, and all others."""
        for name in dict.fromkeys([*old.get("properties", {}), *new.get("properties", {})]):
            yield from self._key(_rule(old, name), _rule(new, name), f"{path}.{name}", seen)
        others = new.get("additionalProperties", True)
        for pattern, rule in old.get("patternProperties", {}).items():
            now = new.get("patternProperties", {}).get(pattern, others)
            yield from self._key(rule, now, f"{path}.{pattern}", seen)
        yield from self._key(old.get("additionalProperties", True), others, f"{path}.*", seen)
        if "propertyNames" in new:
            names = old.get("propertyNames", {})
            yield from self._compare(names, new["propertyNames"], f"{path} (key)", seen)

    def _key(self, old: Rule, new: Rule, path: str, seen: Seen) -> Iterator[str]:
        """One key's value; a rule may be true or false, too."""
        if old is False or new is True:
            return
        if new is False:
            yield f"{path}: not allowed any more"
        else:
            yield from self._compare({} if old is True else old, new, path, seen)


def _rule(schema: Schema, name: str) -> Rule:
    """What holds for the value of a key."""
    patterns = schema.get("patternProperties", {}).items()
    matching = [rule for pattern, rule in patterns if re.search(pattern, name)]
    named = [schema["properties"][name]] if name in schema.get("properties", {}) else []
    rules: list[Rule] = [*named, *matching, schema.get("additionalProperties", True)]
    return rules[0]


def _resolve(schema: Schema, root: Schema) -> Schema:
    """What stands behind $ref and allOf; where they have nothing beside them the very object."""
    unknown = set(schema) - WORDS
    assert not unknown, f"the judge does not know {unknown}"
    for inner in [{"$ref": schema["$ref"]}] if "$ref" in schema else schema.get("allOf", []):
        name = inner["$ref"].rpartition("/")[2]
        behind = _resolve(root["$defs"][name], root)
        beside = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        return {**behind, **beside} if set(beside) - {"description"} else behind
    return schema


def _branches(schema: Schema) -> list[Schema]:
    return list(schema.get("anyOf") or schema.get("oneOf") or [])


def _types(schema: Schema) -> set[str]:
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else set(types)


def _choices(schema: Schema) -> list[Any]:
    """The values of an enumeration, or of a constant; nothing where any value goes."""
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))


def _values(old: Schema, new: Schema) -> Iterator[str]:
    """Which single values are taken."""
    types = _types(new) | ({"integer"} if "number" in _types(new) else set())
    if types and not (_types(old) and _types(old) <= types):
        yield f"type {_types(old)} -> {_types(new)}"
    one_of, now = _choices(old), _choices(new)
    if now and not (one_of and set(one_of) <= set(now)):
        yield f"one of {one_of or 'all'} -> {now}"
    for word in SAME:
        if word in new and new[word] != old.get(word):
            yield f"{word} {old.get(word)} -> {new[word]}"
    if not one_of:
        yield from _bounds(old, new)


def _bounds(old: Schema, new: Schema) -> Iterator[str]:
    """Numbers and sizes."""
    for word in LOWEST:
        if word in new and old.get(word, float("-inf")) < new[word]:
            yield f"{word} {old.get(word)} -> {new[word]}"
    for word in HIGHEST:
        if word in new and old.get(word, float("inf")) > new[word]:
            yield f"{word} {old.get(word)} -> {new[word]}"
