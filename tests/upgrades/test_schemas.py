"""What the schemas of 0.1.0 took, today's take: also keys that none of the kept charts sets."""

from __future__ import annotations

import copy
import json

import pytest

from tests.support.old_charts import OLD_CASES, OLD_CHARTS, old_chart
from tests.support.profiles import ROOT
from tests.upgrades.schemas import Schemas

SCHEMA = "values.schema.json"
OLD = {
    "type": "object",
    "properties": {
        "replicas": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
        "service": {"$ref": "#/$defs/Service"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "ports": {"type": "array", "items": {"type": "integer", "maximum": 9}},
    },
    "additionalProperties": False,
    "$defs": {
        "Service": {
            "type": "object",
            "properties": {"type": {"enum": ["a", "b"], "type": "string"}, "again": {
                "$ref": "#/$defs/Service"}},
        }
    },
}  # fmt: skip


def load(path):
    return json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("case", OLD_CASES)
def test_values_of_then_are_valid(todays_charts, case):
    new = load(todays_charts[case] / SCHEMA)
    assert list(Schemas(load(old_chart(case) / SCHEMA), new).narrower()) == []


def test_profiles_of_then_are_valid():
    old = load(OLD_CHARTS / "profile.schema.json")
    new = load(ROOT / "profiles" / "schema" / "profile.schema.json")
    assert list(Schemas(old, new).narrower()) == []


def changed(damage):
    """What the judge finds in a changed copy."""
    new = copy.deepcopy(OLD)
    damage(new["properties"], new["$defs"]["Service"], new)
    return list(Schemas(OLD, new).narrower())


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda keys, service, new: None, []),
        (lambda keys, service, new: keys.update(more={"type": "string"}), []),
        (lambda keys, service, new: service["properties"]["type"].pop("enum"), []),
        (lambda keys, service, new: service["properties"]["type"]["enum"].append("c"), []),
        (lambda keys, service, new: keys["ports"]["items"].update(type="number", maximum=99), []),
        (lambda keys, service, new: keys.pop("labels"), [".labels: not allowed any more"]),
        (
            lambda keys, service, new: keys["replicas"]["anyOf"].pop(),
            [".replicas: type {'null'} -> {'integer'}", ".replicas: minimum None -> 0"],
        ),
        (
            lambda keys, service, new: service["properties"]["type"]["enum"].pop(),
            [".service.type: one of ['a', 'b'] -> ['a']"],
        ),
        (
            lambda keys, service, new: service.update(additionalProperties=False),
            [".service.*: not allowed any more"],
        ),
        (
            lambda keys, service, new: service.update(required=["type"]),
            [".service: required: ['type']"],
        ),
        (
            lambda keys, service, new: keys["ports"]["items"].update(maximum=8),
            [".ports[]: maximum 9 -> 8"],
        ),
        (
            lambda keys, service, new: keys["labels"]["additionalProperties"].update(pattern="a"),
            [".labels.*: pattern None -> a"],
        ),
        (
            lambda keys, service, new: keys["labels"].update(properties={"app": False}),
            [".labels.app: not allowed any more"],
        ),
        (
            lambda keys, service, new: keys["labels"].update(propertyNames={"maxLength": 3}),
            [".labels (key): maxLength None -> 3"],
        ),
    ],
    ids=lambda value: value[0] if value and isinstance(value, list) else "",
)
def test_the_judge_finds_what_is_narrower(damage, found):
    assert changed(damage) == found
