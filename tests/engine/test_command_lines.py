"""Engines take what charts start them with, and refuse what is wrong.

Asked are all shipped profiles, and models of the catalog with defaults on cards that hold them:
some that the tree's hash picks, and those whose facts have changed since the full run.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.engines import NAMES, locked
from tests.engine.hearing import Heard
from tests.engine.verdicts import CLASSES, not_judged
from tests.engine.wrong_inputs import WRONG, Wrong
from tests.support.plans import messages
from tests.support.rows import check_rows

ENGINES = pytest.mark.parametrize("name", NAMES)


@ENGINES
@pytest.mark.parametrize("part", ["shipped", "models"])
def test_engines_take_what_charts_start_them_with(
    name: str, part: str, heard: dict[str, Heard]
) -> None:
    assert heard[name].complaints(part) == []
    assert heard[name].accepted(part) >= len(heard[name].questions[part]) * 0.6


@ENGINES
def test_profiles_without_a_chart_for_the_judge_are_listed(
    name: str, heard: dict[str, Heard]
) -> None:
    listed = {
        chart for row in not_judged() if name in row["engines"] for chart in row.get("charts", ())
    }
    assert set(heard[name].refused) <= listed, heard[name].refused


def test_engines_refuse_what_is_wrong(heard: dict[str, Heard]) -> None:
    def check(wrong: Wrong) -> Iterator[str]:
        answer = heard[wrong.engine].verdicts[f"wrong {wrong.name}"]
        if wrong.says not in answer or bool(wrong.says) != bool(answer):
            yield f"{wrong.engine} says {answer or 'nothing'}"

    check_rows(WRONG, check, lambda wrong: wrong.name)


def test_wingsctl_refuses_it_too() -> None:
    def check(wrong: Wrong) -> Iterator[str]:
        errors = messages(wrong.text(locked(wrong.engine)))
        if not errors and not wrong.passes:
            yield "wingsctl has nothing against it"
        elif errors and wrong.passes:
            yield f"wingsctl refuses it by now: {errors}"

    check_rows(WRONG, check, lambda wrong: wrong.name)


def test_each_row_of_what_is_not_judged_has_a_class_and_a_reason() -> None:
    def check(row: dict[str, object]) -> Iterator[str]:
        if row["class"] not in CLASSES:
            yield f"has the class {row['class']}"
        if not {"says", "because", "engines"} <= set(row) or not ({"models", "charts"} & set(row)):
            yield "lacks a key"

    check_rows(not_judged(), check, lambda row: str(row["says"]))
