"""JSON Schemas of what people write, as generated when wingsctl was built."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from wingsctl.adapters.assets import asset_dir
from wingsctl.adapters.catalog_names import check_catalog_dirs, shipped_stems
from wingsctl.adapters.text_files import read_text

SchemaKind = Literal["profile", "engine", "model", "accelerator", "fabric"]
_NAMED = {
    "engine": ("engines", "EngineSection"),
    "model": ("models", "ModelSection"),
    "accelerator": ("accelerators", "AcceleratorSection"),
    "fabric": ("fabrics", "FabricSection"),
}
"""A key of the profile: the kind of catalog entries that it names, and its long form."""


def export_schema(kind: SchemaKind = "profile") -> str:
    """The JSON Schema (draft-07) of a profile or of a catalog file."""
    return read_text(asset_dir("profiles") / "schema" / f"{kind}.schema.json")


def schema_for_editors(kind: SchemaKind, catalog_dirs: Sequence[Path] = ()) -> str:
    """As export_schema; a profile's offers the names of catalog entries, and takes any other.

    Raises ProfileError where a directory is none.
    """
    check_catalog_dirs(catalog_dirs)
    if kind != "profile":
        return export_schema(kind)
    schema = json.loads(export_schema(kind))
    for key, (entries, section) in _NAMED.items():
        names = shipped_stems(entries, catalog_dirs)
        if key == "accelerator":
            names = sorted([*names, "none"])
        _offer(schema["properties"][key], names)
        _offer(schema["$defs"][section]["properties"]["name"], names)
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _offer(rule: dict[str, Any], names: list[str]) -> None:
    """Editors complete from an enum, also where another choice allows any text."""
    others = rule.get("anyOf", [{"type": "string"}])
    rule["anyOf"] = [{"enum": names}, *others]
