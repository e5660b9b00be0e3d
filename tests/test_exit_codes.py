"""One exit code per branch of the error tree, each documented and used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.rows import check_rows
from wingsctl import errors
from wingsctl.errors import DriftError, ToolError, ToolTimeoutError, WingsError

PACKAGE = Path(__file__).parent.parent / "wingsctl"
CODES = {
    "WingsError": 1,
    "ProfileError": 3,
    "PlanError": 4,
    "ChartError": 5,
    "ToolError": 6,
    "ToolTimeoutError": 124,
    "InterruptError": 130,
    "DriftError": 10,
}


def tree(kind: type[WingsError] = WingsError) -> list[type[WingsError]]:
    return [kind, *(below for each in kind.__subclasses__() for below in tree(each))]


def test_every_class_has_its_code():
    assert {kind.__name__: kind.exit_code for kind in tree()} == CODES
    assert len({kind.exit_code for kind in tree()}) == len(CODES)
    assert len({kind.code for kind in tree()}) == len(CODES)


def test_every_class_says_what_it_is_for():
    def check(kind: type[WingsError]) -> Iterator[str]:
        if not kind.__doc__:
            yield "has no docstring"
        if kind.code != kind.code.lower():
            yield f"the code {kind.code} has capitals"

    check_rows(tree(), check, lambda kind: kind.__name__)


def test_the_tree_is_drawn():
    drawn = dict(re.findall(r"(\w+Error) \((\d+)\)", errors.__doc__ or ""))
    assert {name: str(code) for name, code in CODES.items()} == drawn


def test_every_class_is_raised_somewhere():
    sources = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))

    def check(kind: type[WingsError]) -> Iterator[str]:
        used = re.findall(rf"\b{kind.__name__}\b(?!:)", sources)
        if len(used) <= 2:
            yield f"is named {len(used)} times only"

    check_rows(tree()[1:], check, lambda kind: kind.__name__)


def test_no_foreign_exit_codes():
    sources = "".join(path.read_text("utf-8") for path in (PACKAGE / "cli").glob("*.py"))
    assert set(re.findall(r"Exit\((\d+)\)", sources)) == {"130"}


def test_an_error_sorts_its_problems():
    from wingsctl.documents import Problem

    late, early = Problem("a", 9, 1, "", "x"), Problem("a", 2, 1, "", "y")
    assert DriftError("m", problems=[late, early]).problems == (early, late)


def test_a_tool_that_does_not_end():
    from wingsctl.adapters.process import run_process

    with pytest.raises(ToolTimeoutError) as caught:
        run_process(["sleep", "30"], timeout_seconds=0.05)
    assert caught.value.message == "sleep did not end within 0.05 s"
    assert isinstance(caught.value, ToolError)


def test_a_template_that_fails_ends_with_5():
    from wingsctl.chart.jinja import Templates
    from wingsctl.errors import ChartError

    templates = Templates(
        {"missing": "<%= nothing %>", "code": "<%= text %>", "wrong": "<% if %>"}.__getitem__
    )
    for name, message in {
        "missing": "template missing: 'nothing' is undefined",
        "code": "will not paste",
        "wrong": "template wrong: ",
    }.items():
        with pytest.raises(ChartError) as caught:
            templates.render(name, {"text": "{{ .Values }}"})
        assert caught.value.message.startswith(message)
        assert caught.value.exit_code == 5
