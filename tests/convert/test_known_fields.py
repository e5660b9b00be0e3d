"""How much of each foreign kind is known: an object with all fields of its schema is converted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.convert.all_fields import KINDS, all_set, fields_of, is_below, source_of
from tests.support.expected import check_text
from wingsctl.convert.fields import UNKNOWN

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "converted-kinds.md"
HEAD = """# Converted kinds

Made by `tests/convert/test_known_fields.py`; do not edit. An object in which every field of a
kind's schema is set goes through `wingsctl convert`. A field is known when the report has where it
went, or why it went nowhere; all others are reported as not known. A template of pods counts as one
field: it is read as a Deployment's.

| kind | fields | known | not known |
|---|---|---|---|
"""


@pytest.fixture
def unknown_fields(wingsctl, tmp_path):
    """The fields of a kind that conversions report as not known."""

    def find(kind):
        path = tmp_path / f"{kind.file}.yaml"
        YAML().dump(all_set(kind), path)
        options = ("--accelerator", "nvidia-h100", "--engine", "vllm", "--model", "qwen3-8b")
        outcome = wingsctl("convert", path, *options, "-o", "json")
        rows = json.loads(outcome.stdout)["data"]["fields"]
        lost = [row["path"] for row in rows if row["note"] == UNKNOWN]
        fields = fields_of(kind)
        missing = [each for each in fields if not any(is_below(row["path"], each) for row in rows)]
        assert not missing, f"{kind.file}: no row for {missing}"
        return [each for each in fields if any(is_below(path, each) for path in lost)]

    return find


def test_page_has_what_is_known_of_each_kind(unknown_fields, request):
    lines, sources = [], []
    for kind in KINDS:
        unknown, total = unknown_fields(kind), len(fields_of(kind))
        shown = ", ".join(f"`{each}`" for each in unknown) or ""
        lines.append(f"| {kind.title} | {total} | {total - len(unknown)} | {shown} |")
        sources.append(f"- {kind.title}:\n  {source_of(kind)}")
    text = HEAD + "\n".join(lines) + "\n\nFields are counted from:\n\n" + "\n".join(sources) + "\n"
    check_text(PAGE, text, update=request.config.getoption("--update-golden"))
