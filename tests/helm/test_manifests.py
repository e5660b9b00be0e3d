"""The reader of manifests that the tests have reads as Kubernetes' own reader does."""

from __future__ import annotations

import pytest

from tests.support.manifests import read_manifests, split_manifests

SCALARS = (
    "y", "Y", "yes", "True", "on", "OFF", "n", "No", "FALSE", "tRue", "null", "Null", "~", "",
    "0", "-0", "1", "+1", "-1", "007", "017", "-017", "08", "0o17", "0o8", "0x1F", "0X1f", "-0x1F",
    "0b11", "-0b11", "0b2", "0b", "0x", "<<", "1_000", "1__0", "1_", "_1", "0x_1", "0_7",
    "1.5", "1.0", "1.", ".5", "-.5", "+.5", ".e5", "1.e5", "01.5", "1_0.5",
    "1e5", "1E+5", "1e-5", ".5e3", "1e400", "1e", "e5", "1:30", "1:30:15", ".", "+", "--",
    "9007199254740992", "9007199254740994",
    "2026-11-20", "2026-11-20T10:00:00Z", "2026-1-2 10:00:00", "12.34.56", "v1", "10.0.0.0/8",
    "中文", "é", '"1"', "'on'", '"\\u2028\\x85"', "plain text", "a: b".replace(": ", ":"),
    "|\n  a\n  b\n", ">-\n  a\n  b\n", '"a\n  b"', "[a, 1, on]", "{a: 1, b: [~]}", "{}", "[]",
)  # fmt: skip


def kinds_of(value):
    """A value with what == passes over: true is 1."""
    if isinstance(value, dict):
        return {key: kinds_of(each) for key, each in value.items()}
    if isinstance(value, list):
        return [kinds_of(each) for each in value]
    return isinstance(value, bool), value


@pytest.mark.slow
def test_every_object_is_read_alike(installations, helm3):
    documents = dict.fromkeys(
        text for each in installations for text in split_manifests(each.manifests)
    )
    manifests = "---\n".join(documents)
    theirs, ours = helm3.read(manifests), read_manifests(manifests)
    assert len(theirs) == len(documents)
    differ = [
        (each["kind"], each["metadata"]["name"])
        for each, other in zip(theirs, ours, strict=True)
        if kinds_of(each) != kinds_of(other)
    ]
    assert differ == []


def test_every_scalar_is_read_alike(helm3):
    manifests = "---\n".join(f"kind: Scalar\nvalue: {scalar}\n" for scalar in SCALARS)
    theirs, ours = (
        {scalar: kinds_of(each["value"]) for scalar, each in zip(SCALARS, read, strict=True)}
        for read in (helm3.read(manifests), read_manifests(manifests))
    )
    assert ours == theirs


@pytest.mark.parametrize(
    "value", ["&a 1", "!!str 1", ".inf", "-.NaN", ".5_0", "{1: 2}", "{on: 1}", "{<<: {a: 1}}"]
)
def test_what_no_chart_prints_is_refused(value):
    with pytest.raises(AssertionError):
        read_manifests(f"kind: a\nvalue: {value}\n")


def test_a_document_without_a_kind_is_refused():
    with pytest.raises(AssertionError):
        read_manifests("kind: a\n---\nname: b\n")
    assert read_manifests("# nothing\n---\nkind: a\n---\n# the end\n") == [{"kind": "a"}]
