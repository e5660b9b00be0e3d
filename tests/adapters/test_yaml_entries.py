"""How entries are written, and that nothing else is written so."""

from __future__ import annotations

from io import StringIO

from ruamel.yaml import YAML

from wingsctl.adapters.yaml_entries import entry_text

EXPRESSION = "re:.*self_attn.*"


def plain(value: str) -> str:
    out = StringIO()
    YAML().dump([value], out)
    return out.getvalue()


def test_expressions_are_quoted_in_an_entry_and_in_no_other_file():
    before = plain(EXPRESSION)
    assert f'"{EXPRESSION}"' in entry_text({"ignore": [EXPRESSION]}, "head")
    assert plain(EXPRESSION) == before
    assert '"' not in before


def test_the_head_is_one_comment():
    text = entry_text({"name": "a/b", "config": {"x": 1}}, "two\nlines")
    assert text.startswith("# two lines\nname: a/b\n")
