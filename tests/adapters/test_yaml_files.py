"""YAML text to plain data, with the place of every key."""

from __future__ import annotations

import json

import pytest

from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.adapters.yaml_nodes import compose
from wingsctl.adapters.yaml_places import Places
from wingsctl.errors import ProfileError

TEXT = """\
name: chat
defaults: &defaults {cpu: "2", memory: 8Gi}
engine:
  name: vllm
  requests: *defaults
  limits:
    <<: *defaults
    memory: 16Gi
  both:
    <<: [{a: 1}, {a: 2, b: 2}]
list:
  - one
  - {key: two}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("name",), (1, 1)),
        (("engine", "name"), (4, 3)),
        (("engine", "none"), (3, 1)),
        (("none", "at", "all"), (1, 1)),
        (("name", "below", "a", "scalar"), (1, 1)),
        (("engine", "requests", "memory"), (2, 32)),
        (("engine", "limits", "memory"), (8, 5)),
        (("engine", "limits", "cpu"), (2, 22)),
        (("engine", "both", "a"), (10, 11)),
        (("engine", "both", "b"), (10, 25)),
        (("list", 0), (12, 5)),
        (("list", 1, "key"), (13, 6)),
        (("list", 7), (11, 1)),
        (("list", "key"), (11, 1)),
    ],
)
def test_places_of_keys(path, place):
    assert tuple(parse_yaml(TEXT, "f").locate(path)) == place


def test_data_is_plain_and_merged():
    assert parse_yaml(TEXT, "f").data == {
        "name": "chat",
        "defaults": {"cpu": "2", "memory": "8Gi"},
        "engine": {
            "name": "vllm",
            "requests": {"cpu": "2", "memory": "8Gi"},
            "limits": {"cpu": "2", "memory": "16Gi"},
            "both": {"a": 1, "b": 2},
        },
        "list": ["one", {"key": "two"}],
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-1", -1), ("+7", 7), ("0x1F", 31), ("0o17", 15), ("010", 10), ("1_000", 1000),
        ("1.5", 1.5), ("1e3", 1000.0), ("1.10", 1.1), ("true", True), ("False", False),
        ("yes", "yes"), ("on", "on"), ("null", None), ("~", None), ("", None), ("2024-01-01",
        "2024-01-01"), ("0.11.0", "0.11.0"), ("12:30:45", "12:30:45"), ("'1'", "1"), ('"\\u00e9"',
        "é"), ("|\n  a\n  b\n", "a\nb\n"), (">-\n  a\n  b\n", "a b"), ("{{ x }}", None),
    ],
)  # fmt: skip
def test_scalars_of_yaml_1_2(text, value):
    if text == "{{ x }}":
        with pytest.raises(ProfileError):
            parse_yaml(f"key: {text}\n", "f")
        return
    found = parse_yaml(f"key: {text}\n", "f").data["key"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("a: 1\na: 2\na: 3\n", [(2, 1), (3, 1)]),
        ("x: {a: 1, a: 2}\ny: !t z\n", [(1, 11), (2, 4)]),
        ("a: &a [*a]\nb: &b {c: *b}\n", [(1, 4), (2, 4)]),
        ("? [1]\n: x\n", [(1, 3)]),
        ("a: .nan\nb: -.inf\nc: 1e999\n", [(1, 4), (2, 4), (3, 4)]),
    ],
)
def test_all_problems_of_a_file_at_once(text, places):
    with pytest.raises(ProfileError) as caught:
        parse_yaml(text, "f")
    assert [(each.line, each.column) for each in caught.value.problems] == places


def test_an_alias_may_be_used_often():
    text = "a: &a {x: 1}\nb: [" + ", ".join(["*a"] * 200) + "]\n"
    assert len(parse_yaml(text, "f").data["b"]) == 200


def test_the_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    from wingsctl.adapters.text_files import read_text

    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: chat\r\nnodes: 1\r\n")
    document = parse_yaml(read_text(path), "f")
    assert document.data == {"name": "chat", "nodes": 1}
    assert tuple(document.locate(("nodes",))) == (2, 1)


DEEP = {
    "sequences": "x: " + "[" * 5_000 + "]" * 5_000,
    "mappings": "x: " + "{a: " * 5_000 + "}" * 5_000,
    "never closed": "x: " + "[" * 20_000,
    "blocks": "".join(" " * level + "a:\n" for level in range(280)),
    "items": "x:\n  " + "- " * 20_000,
    "keys": "x:\n  " + "? " * 20_000,
    "before what is not YAML": "x: " + "[" * 5_000 + "\ny: : z",
}


@pytest.mark.parametrize("name", DEEP)
def test_depth_is_refused_before_anything_recurses(name):
    with pytest.raises(ProfileError) as caught:
        parse_yaml(DEEP[name], "f")
    (problem,) = caught.value.problems
    assert problem.message == "is nested more than 64 levels deep"
    assert (problem.line, problem.column) > (1, 60) or problem.column > 60


def test_as_many_levels_as_are_allowed_are_read():
    data = parse_yaml("[" * 64 + "1" + "]" * 64, "f").data
    for _ in range(64):
        (data,) = data
    assert data == 1


class CountedList(list):
    """Notes how often its items are walked through."""

    walks = 0

    def __iter__(self):
        self.walks += 1
        return super().__iter__()


def test_a_mapping_is_walked_through_once_however_many_keys_are_searched():
    root = compose("base: &b {c: 1}\nlabels:\n  <<: *b\n  a: 1\n  b: 2\n", "f")
    labels = root.value[1][1]
    labels.value = CountedList(labels.value)
    places = Places(root)
    found = [places.locate(("labels", key)) for key in ("a", "b", "c", "none") * 25]
    assert found[:4] == [(4, 3), (5, 3), (1, 11), (2, 1)]
    assert labels.value.walks == 2, "its own keys, then what it merges"


def test_twenty_thousand_keys_have_their_places():
    text = "labels:\n" + "".join(f"  k{index}: v\n" for index in range(20_000))
    document = parse_yaml(text, "f")
    places = [document.locate(("labels", f"k{index}")) for index in range(20_000)]
    assert places == [(index + 2, 3) for index in range(20_000)]


def test_long_text_that_is_no_yaml_is_read_once_only():
    with pytest.raises(ProfileError) as caught:
        parse_yaml("key: value\n" * 50_000 + "x: : y\n", "f")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (50_001, 4)
    assert problem.message == "not YAML: mapping values are not allowed in this context"


def test_many_problems_are_counted_not_listed():
    with pytest.raises(ProfileError) as caught:
        parse_yaml("a: 1\n" * 1_001, "f")
    problems = caught.value.problems
    assert len(problems) == 201
    assert str(problems[-1]) == "f:202:1: 800 more problems from here on are not listed"


def test_long_json_may_write_characters_as_surrogate_pairs():
    """libyaml refuses them, and reads long text alone otherwise."""
    text = json.dumps({"a": "\U0001f600", "b": "x" * 70_000})
    assert "\\ud83d\\ude00" in text
    assert parse_yaml(text, "f").data["a"] == "\U0001f600"
