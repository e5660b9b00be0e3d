"""JSON Schemas of what people write, as generated when wingsctl was built."""

from __future__ import annotations

from typing import Literal

from wingsctl.adapters.assets import asset_dir
from wingsctl.adapters.text_files import read_text

SchemaKind = Literal["profile", "engine", "model", "accelerator", "fabric"]


def export_schema(kind: SchemaKind = "profile") -> str:
    """The JSON Schema (draft-07) of a profile or of a catalog file."""
    return read_text(asset_dir("profiles") / "schema" / f"{kind}.schema.json")
