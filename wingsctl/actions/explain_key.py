"""What a key of a profile is for, from the profile's own schema."""

from __future__ import annotations

import json
import re

from wingsctl.actions.export_schema import SchemaKind, export_schema
from wingsctl.catalog.schema_keys import Schema, SchemaKey, find_key, key_names
from wingsctl.documents import did_you_mean
from wingsctl.errors import ProfileError


def explain_key(path: str, kind: SchemaKind = "profile") -> SchemaKey:
    """A dotted path, with or without [0]; empty for all keys.

    Raises ProfileError where there is no such key, with the nearest.
    """
    schema = json.loads(export_schema(kind))
    wanted = re.sub(r"\[\d*\]", "", path.strip("."))
    found = find_key(schema, wanted)
    if found is None:
        parent, name = _first_wrong(schema, wanted)
        known = key_names(schema, parent)
        where = f"{parent} has" if parent else f"a {kind} has"
        hint = did_you_mean(name, known) or (f"it has {', '.join(known)}" if known else "")
        raise ProfileError(f"{where} no key {name!r}", hint=hint)
    return found


def keys_below(path: str, kind: SchemaKind = "profile") -> list[str]:
    """Names right below a dotted path; none where it does not exist."""
    return key_names(json.loads(export_schema(kind)), re.sub(r"\[\d*\]", "", path))


def _first_wrong(schema: Schema, path: str) -> tuple[str, str]:
    names = path.split(".")
    for count in range(len(names)):
        if find_key(schema, ".".join(names[: count + 1])) is None:
            return ".".join(names[:count]), names[count]
    raise ValueError("every key exists")
