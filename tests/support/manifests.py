"""Reads what helm prints as Kubernetes does, without a process for it.

Kubernetes reads YAML 1.1 by go-yaml's rules: `on` and `y` are booleans, `1:30` is text.
`tests/helm/test_manifests.py` compares this reader with Kubernetes' own, which helm carries. It is
narrower: it fails on anchors, tags and colons in plain scalars between brackets.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml.cyaml import CParser
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE"), True),
    **dict.fromkeys(("on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE"), False),
    **dict.fromkeys(("off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
"""Source: resolve.go of sigs.k8s.io/yaml 1.4.0, goyaml.v2."""
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASES = {"0x": 16, "0b": 2, "0o": 8}
_NO_NUMBERS = (".inf", ".nan")


def split_manifests(text: str) -> list[str]:
    """The documents that helm printed."""
    return [each for each in re.split(r"(?m)^---\n", text) if each.strip()]


def read_manifests(text: str) -> list[dict[str, Any]]:
    """The objects that helm printed, which have neither anchors nor tags."""
    parser = CParser(text)
    objects = []
    while not isinstance(event := parser.get_event(), StreamEndEvent):
        if isinstance(event, DocumentStartEvent):
            objects.append(_value(parser, parser.get_event()))
    found = [each for each in objects if each is not None]
    assert all("kind" in each for each in found)
    return found


def _value(parser: CParser, event: Any) -> Any:
    assert not isinstance(event, AliasEvent), "an alias"
    assert event.anchor is None, f"an anchor: {event.anchor}"
    if isinstance(event, ScalarEvent):
        return _scalar(event)
    if isinstance(event, MappingStartEvent):
        return dict(_pairs(parser))
    return list(_entries(parser))


def _pairs(parser: CParser) -> Iterator[tuple[str, Any]]:
    while not isinstance(key := parser.get_event(), MappingEndEvent):
        name = _value(parser, key)
        assert isinstance(name, str), f"a key that is no text: {name!r}"
        assert name != "<<", "a merge"
        yield name, _value(parser, parser.get_event())


def _entries(parser: CParser) -> Iterator[Any]:
    while not isinstance(event := parser.get_event(), SequenceEndEvent):
        yield _value(parser, event)


def _scalar(event: ScalarEvent) -> Any:
    assert event.tag is None, f"a tag: {event.tag}"
    return resolve_plain(event.value) if event.implicit[0] else event.value


def resolve_plain(text: str) -> Any:
    """What a scalar without quotes stands for."""
    if text in _WORDS:
        return _WORDS[text]
    assert text.lower().lstrip("+-") not in _NO_NUMBERS, f"not in JSON: {text}"
    if not text[0].isascii() or text[0] not in "+-.0123456789":
        return text
    assert text[0] != "." or "_" not in text, f"a number or not: {text}"
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits):
        return _integer(digits)
    number = float(digits) if _FLOAT.fullmatch(digits) else math.inf
    return text if math.isinf(number) else number


def _integer(text: str) -> int:
    digits = text.lstrip("+-").lower()
    base = _BASES.get(digits[:2], 8 if digits[0] == "0" else 10)
    value = int(digits.removeprefix("0o"), 0 if base in (2, 16) else base)
    return -value if text[0] == "-" else value
