"""JSON text to plain data, with the place of every key, within bounds."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wingsctl.adapters.json_files import MAX_COMMAS, parse_json
from wingsctl.errors import ProfileError

TEXT = """{
  "a": {"x": 1, "[\\"{,": 2},
  "b": [1,
    {"c": [[], {}]}]
}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("a",), (2, 3)),
        (("a", "x"), (2, 9)),
        (("a", '[\"{,'), (2, 17)),
        (("b", 0), (3, 9)),
        (("b", 1), (4, 5)),
        (("b", 1, "c"), (4, 6)),
        (("b", 1, "c", 1), (4, 16)),
        (("b", 7), (3, 3)),
        (("none", "below"), (1, 1)),
    ],
)  # fmt: skip
def test_places_of_keys(path, place):
    assert tuple(parse_json(TEXT, "f").locate(path)) == place


def test_the_data_is_what_json_reads():
    data = parse_json(TEXT, "f").data
    assert data == {"a": {"x": 1, '["{,': 2}, "b": [1, {"c": [[], {}]}]}
    read = parse_json('[NaN, -Infinity, 1e3, "\\u00e9", true, null]', "f").data
    assert math.isnan(read[0])
    assert read[1:] == [-math.inf, 1000.0, "é", True, None]


def paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, item in enumerate(value) if isinstance(value, list) else items:
        yield from paths(item, (*path, key))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 2]), st.booleans())
def test_every_key_of_any_json_is_found_where_it_stands(value, indentation, is_ascii):
    text = json.dumps(value, indent=indentation, ensure_ascii=is_ascii)
    document = parse_json(text, "f")
    assert document.data == value
    starts = [0, *(index + 1 for index, char in enumerate(text) if char == "\n")]
    for path in paths(value):
        line, column = document.locate(path)
        rest = text[starts[line - 1] + column - 1 :]
        found, end = json.JSONDecoder().raw_decode(rest)
        if path and isinstance(path[-1], str):
            assert found == path[-1]
            assert rest[end] == ":"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "f:1:1: not JSON: expecting value"),
        ("[", "f:1:2: not JSON: expecting value"),
        ('{"a": 1,\n }', "f:2:2: not JSON: expecting property name enclosed in double quotes"),
        ('{"a": 1}\nx', "f:2:1: not JSON: extra data"),
        ('["a', "f:1:2: not JSON: unterminated string"),
        ('["' + '\\"' * 200_000, "f:1:2: not JSON: unterminated string"),
        ('["a\nb"]', "f:1:4: not JSON: invalid control character"),
        ("[" * 100_000, "f:1:65: is nested more than 64 levels deep"),
        ('{"a":\n' * 100_000, "f:65:1: is nested more than 64 levels deep"),
        ("[" + "1," * MAX_COMMAS + "1,1]", "f:1:1: has more than 100,000 commas"),
        ('{"a": [{"b": 1,\n"b": 2}]}', "f:2:1: a[0].b: the key is written twice"),
    ],
    ids=range(11),
)
def test_what_is_refused(text, problem):
    with pytest.raises(ProfileError) as caught:
        parse_json(text, "f")
    (found,) = caught.value.problems
    assert str(found) == problem


def test_a_key_inside_a_repeated_value_is_no_second_problem():
    text = '{"a": {"x": 1},\n"a": {"x": 2},\n"a": 3, "b": [{}, {"c": 1, "c": 1}]}'
    with pytest.raises(ProfileError) as caught:
        parse_json(text, "f")
    assert [(each.line, each.column, each.path) for each in caught.value.problems] == [
        (2, 1, "a"), (3, 1, "a"), (3, 28, "b[1].c"),
    ]  # fmt: skip


def test_brackets_in_text_are_no_levels():
    assert parse_json('["' + "[" * 1000 + '\\"{", "}"]', "f").data[1] == "}"


def test_a_number_of_a_million_digits_is_beyond_every_bound():
    assert parse_json(f"[{'9' * 1_000_000}, -{'9' * 301}]", "f").data == [math.inf, -math.inf]
    assert parse_json(f"[{'9' * 300}]", "f").data == [10**300 - 1]
