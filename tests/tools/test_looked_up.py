"""The data files behind the looked-up facts of the catalog."""

from __future__ import annotations

import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.models.evidence import models
from wingsctl.catalog.model import LOOKED_UP

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "models"
FILES = ("parsers", "needs", "gates", "licences", "tasks")


def rows(name):
    return YAML(typ="safe").load(TOOLS / f"{name}.yaml")


@pytest.mark.parametrize("name", FILES)
def test_each_row_has_a_source_and_every_name_a_model(name):
    for row in rows(name):
        assert row["source"], row
        for pattern in row["models"]:
            assert any(fnmatchcase(each, pattern) for each in models()), pattern


def test_aliases_are_of_the_catalog_and_no_entry_of_their_own():
    for row in rows("aliases"):
        assert row["source"]
        assert row["of"] in models()
        assert not set(row["names"]) & set(models())


def test_what_is_left_out_is_not_in_the_catalog():
    names = {name.lower() for name in models()}
    for row in rows("left_out"):
        assert row["reason"]
        assert not {each.lower() for each in row["models"]} & names


def test_every_entry_is_made_of_the_data_files():
    done = subprocess.run(
        [sys.executable, TOOLS / "entries.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_how_many_models_have_each_fact():
    """The least: a number that falls is a row that was lost."""
    least = {
        "modality": 369, "licence": 326, "gate": 36, "tool_call_parser": 185,
        "reasoning_parser": 131, "chat_template": 42, "required_args": 20,
    }  # fmt: skip
    have = {
        name: sum(bool(getattr(each, name)) for each in models().values()) for name in LOOKED_UP
    }
    assert all(have[name] >= count for name, count in least.items()), have
    assert set(least) == set(LOOKED_UP)


def test_models_without_thoughts_have_no_parser_for_them():
    names = (
        "Qwen/Qwen3-235B-A22B-Instruct-2507", "Qwen/Qwen3-Next-80B-A3B-Instruct",
        "moonshotai/Kimi-K2-Instruct",
    )  # fmt: skip
    found = {name: models()[name] for name in names}
    assert all(each.tool_call_parser for each in found.values())
    assert not any(each.reasoning_parser for each in found.values())
