"""Versions, quantities, names: the small rules that everything else stands on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wingsctl.catalog.base import PATTERN_WORDS, QUANTITY, VersionRange, quantity_value
from wingsctl.catalog.catalog import KINDS
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import applies, first_row, version_key
from wingsctl.documents import did_you_mean, dotted

ORDERED = [
    "0.4.6", "0.4.6.post5", "0.4.10.dev1", "0.4.10a1", "0.4.10b2", "0.4.10rc1", "0.4.10-rc2",
    "0.4.10", "0.4.10.post1", "0.4.10.post2", "0.5.0", "0.10.0", "0.11.0", "1.0.0", "10.0.0",
]  # fmt: skip


def test_versions_are_ordered():
    assert sorted(ORDERED, key=version_key) == ORDERED
    assert len({version_key(each) for each in ORDERED}) == len(ORDERED)


@pytest.mark.parametrize("text", ["", "1", "1.0", "v1.0.0", "1.0.0.0", "latest", "1.0.x"])
def test_what_is_no_version(text):
    with pytest.raises(ValueError, match="not a version"):
        version_key(text)


@pytest.mark.parametrize(
    ("since", "before", "inside", "outside"),
    [
        (None, None, ["0.0.1", "99.0.0"], []),
        ("0.11.0", None, ["0.11.0", "0.11.0.post1", "1.0.0"], ["0.10.9", "0.11.0rc1"]),
        (None, "0.11.0", ["0.10.2", "0.11.0rc1"], ["0.11.0", "0.11.1"]),
        ("0.9.0", "0.11.0", ["0.9.0", "0.10.0"], ["0.8.5", "0.11.0"]),
    ],
)
def test_a_range_holds_its_start_but_not_its_end(since, before, inside, outside):
    row = VersionRange(since=since, before=before)
    assert all(applies(row, version) for version in inside)
    assert not any(applies(row, version) for version in outside)


def test_the_first_row_counts():
    rows = [VersionRange(since="2.0.0"), VersionRange(since="1.0.0"), VersionRange(since="1.5.0")]
    assert first_row(rows, "1.7.0") is rows[1]
    assert first_row(rows, "0.9.0") is None


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("8Gi", 8 * 2**30), ("8G", 8e9), ("500m", 0.5), ("2", 2), (2, 2), (0.5, 0.5), ("1.5Gi",
        1.5 * 2**30), (".5", 0.5), ("1.", 1), ("1e3", 1e3), ("1E3", 1e3), ("1E", 1e18), ("2e-3",
        2e-3), ("64Ki", 65536), ("3T", 3e12), ("1Ei", 2**60), ("0", 0), ("7k", 7000),
    ],
)  # fmt: skip
def test_quantities(quantity, value):
    assert quantity_value(quantity) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "Gi", "8 Gi", "8GiB", "-1", "1,5", "8gi", "1e3", "0x8", "1K"])
def test_what_is_no_quantity(text):
    assert not re.fullmatch(QUANTITY, text)


DIGITS = st.integers(0, 10**6).map(str)
NUMBERS = (
    DIGITS | st.builds("{}.{}".format, DIGITS, DIGITS | st.just("")) | DIGITS.map(".{}".format)
)
SUFFIXES = st.sampled_from(["", *"mkMGTPE", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])


@given(NUMBERS, SUFFIXES)
def test_every_quantity_that_is_taken_has_a_value(number, suffix):
    assert re.fullmatch(QUANTITY, number + suffix)
    assert quantity_value(number + suffix) >= 0


def patterns(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "pattern" and isinstance(value, str):
                yield value
            elif key == "patternProperties" and isinstance(value, dict):
                yield from value
            yield from patterns(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from patterns(each)


@pytest.mark.parametrize("model", [Profile, *KINDS.values()], ids=lambda model: model.__name__)
def test_every_pattern_has_words_for_people(model):
    schema = json.loads(json.dumps(model.model_json_schema()))
    assert set(patterns(schema)) <= PATTERN_WORDS.keys()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""), (("a",), "a"), (("a", 0, "b"), "a[0].b"), (("a", "x.y"), 'a."x.y"'),
        (("labels", "app.kubernetes.io/name"), 'labels."app.kubernetes.io/name"'),
        (("env", "A B"), 'env."A B"'), (("env", ""), 'env.""'), (("a-b", "c_d"), "a-b.c_d"),
    ],
)  # fmt: skip
def test_key_paths_are_dotted(path, text):
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("replica", ["replicas", "rollout"], "did you mean replicas?"),
        ("Replicas", ["replicas"], "did you mean replicas?"),
        ("h100", ["gh200", "nvidia-h100-nvl", "nvidia-h100"],
         "did you mean nvidia-h100 or nvidia-h100-nvl?"),
        ("max_length", ["maxLength", "name"], "did you mean maxLength?"),
        ("colour", ["rollout", "chart"], ""),
        ("x", ["xyz"], ""),
        ("", ["a"], ""),
    ],
)  # fmt: skip
def test_suggestions(word, known, hint):
    assert did_you_mean(word, known) == hint
