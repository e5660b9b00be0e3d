"""The shipped recipes: those of the table, each valid, fitting, and a chart that helm takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shipped.test_files import missing_entries
from tests.support.profiles import ROOT
from tests.support.rows import check_rows

RECIPES = sorted((ROOT / "examples" / "recipes").glob("*.wings.yaml"))
LINTED = (
    "deepseek-r1-2x8xh100-roce", "gpt-oss-120b-h200-sglang", "qwen2.5-7b-l4-to-zero",
    "qwen3-0.6b-cpu",
)  # fmt: skip
"""A group, the other engine, scaling to zero, no card: what differs in the templates."""
KNOWN_WARNINGS = (
    r"fabric: cannot be checked from here",
    r"fabric: IPC_LOCK is only in the bounding set",
    r"accelerator: \d+ layers over pipeline parallel 2: stages of unequal size",
    r"model: .* runs mxfp4 weights slower",
    r"model.toolCalls: for tool calls of .* its engine's page gives examples/",
    r"model.config: whether it fits .* is uncertain",
)
"""What only the site, or the model's publisher, can change."""


def name_of(path: Path) -> str:
    return path.name.removesuffix(".wings.yaml")


def test_recipes_are_those_of_the_table(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from recipes import rows

    assert {name_of(path) for path in RECIPES} == set(rows())
    assert len(RECIPES) >= 60


def test_recipes_name_entries_that_exist() -> None:
    check_rows(RECIPES, missing_entries, name_of)


@pytest.mark.slow
def test_recipes_fit_and_have_only_warnings_that_nothing_in_them_can_help(wingsctl):
    envelope = json.loads(wingsctl("plan", *RECIPES, "--output", "json").stdout)
    assert envelope["ok"], envelope["problems"]
    pairs = list(zip(RECIPES, envelope["data"], strict=True))
    check_rows(pairs, unlike_its_comments, lambda pair: name_of(pair[0]))
    check_rows(envelope["problems"], unknown_warnings, lambda problem: problem["file"])


def unlike_its_comments(pair: tuple[Path, dict[str, Any]]) -> Iterator[str]:
    text, figures = pair[0].read_text(encoding="utf-8"), pair[1]["figures"]
    is_doubted = "Uncertain (" in text or "which is not estimated" in text
    if figures["verdict"] != ("uncertain" if is_doubted else "fits"):
        yield f"{figures['verdict']}, which its comment does not state"
    if figures["tokens"] is not None and f" {figures['tokens']:,} tokens in all" not in text:
        yield f"holds {figures['tokens']:,} tokens, which its comment does not state"


def unknown_warnings(problem: dict[str, Any]) -> Iterator[str]:
    text = f"{problem['path']}: {problem['message']}"
    if not any(re.match(each, text) for each in KNOWN_WARNINGS):
        yield text


@pytest.mark.slow
def test_helm_takes_the_charts_of_recipes(wingsctl, helms, tmp_path):
    paths = [path for path in RECIPES if name_of(path) in LINTED]
    assert wingsctl("render", *paths, "-o", tmp_path).code == 0
    charts = sorted(tmp_path.iterdir())
    assert len(charts) == len(LINTED)
    for helm in helms.values():
        done = helm.run("lint", "--strict", *charts)
        assert done.returncode == 0, done.stdout
        assert "WARNING" not in done.stdout


@pytest.mark.slow
def test_every_recipe_renders(wingsctl, tmp_path):
    outcome = wingsctl("render", *RECIPES, "-o", tmp_path)
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout.count(": written") == len(RECIPES)
