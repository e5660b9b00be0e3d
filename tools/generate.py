"""Writes the files that are generated from the models; `--check` only compares.

values.schema.json (base of every chart's), the profile's JSON Schema, and the
reference pages of the profile, the commands, the catalog and the memory estimate's errors,
the recipes, and the picture of the first minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from catalog_reference import catalog_page
from command_reference import commands_page
from json_schemas import as_json, draft_07, profile_schema, values_schema
from memory.report import errors_page
from profile_reference import profile_page
from recipes import texts as recipe_texts
from recording import PLACE, recording

from wingsctl.catalog.catalog import KINDS

ROOT = Path(__file__).resolve().parent.parent


def outputs() -> dict[str, str]:
    """Relative path -> text of every generated file."""
    return {
        "chart-templates/core/values.schema.json": as_json(values_schema()),
        "profiles/schema/profile.schema.json": as_json(profile_schema()),
        **{
            f"profiles/schema/{kind[:-1]}.schema.json": as_json(draft_07(model))
            for kind, model in KINDS.items()
        },
        "docs/reference/profile.md": profile_page(),
        "docs/reference/commands.md": commands_page(),
        "docs/reference/catalog.md": catalog_page(),
        "docs/reference/memory-errors.md": errors_page(),
        **recipe_texts(),
        PLACE: recording(),
    }


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
