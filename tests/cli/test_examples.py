"""`wingsctl example`: the shipped profiles on a machine that has wingsctl alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.processes import ROOT
from tests.support.rows import check_rows

EXAMPLES = {
    path.name.removesuffix(".wings.yaml"): path for path in ROOT.glob("examples/*.wings.yaml")
}
RECIPES = {
    path.name.removesuffix(".wings.yaml"): path
    for path in ROOT.glob("examples/recipes/*.wings.yaml")
}


def test_every_one_is_listed_with_the_first_line_of_its_comment(wingsctl):
    listed = json.loads(wingsctl("example", "-o", "json").stdout)["data"]
    named = {(each["kind"], each["name"]): each["summary"] for each in listed}
    expected = {("example", name): path for name, path in EXAMPLES.items()}
    expected |= {("recipe", name): path for name, path in RECIPES.items()}
    assert named.keys() == expected.keys()
    assert {f"# {named[key]}" for key in named} == {
        path.read_text("utf-8").splitlines()[0] for path in expected.values()
    }
    text = wingsctl("example").stdout
    assert text.splitlines()[0].split() == ["KIND", "NAME", "SUMMARY"]
    assert "The smallest profile" in text


def test_each_is_printed_as_it_stands(wingsctl):
    def check(name: str) -> Iterator[str]:
        outcome = wingsctl("example", name)
        if outcome.stdout != EXAMPLES[name].read_text("utf-8") or outcome.code:
            yield outcome.stdout

    check_rows(EXAMPLES, check)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("minmal", "did you mean minimal? (wingsctl example)"),
        ("xyzzy", "wingsctl example lists them"),
        ("../LICENSE", "wingsctl example lists them"),
    ],
)
def test_a_name_that_is_none(name, hint, wingsctl):
    outcome = wingsctl("example", name)
    assert outcome.code == 3
    assert outcome.stderr == f"error: there is no example {name!r}\n  {hint}\n"
