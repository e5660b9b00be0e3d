"""What the schemas of 0.1.0 took, today's take: also keys that none of the kept charts sets."""

from __future__ import annotations

import copy
import json

import pytest

from tests.support.old_charts import OLD_CASES, OLD_CHARTS, old_chart
from tests.support.profiles import ROOT
from tests.upgrades.listed import REFUSALS, read_entries
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


@pytest.fixture(scope="module")
def refused(todays_charts) -> set[str]:
    """All that was taken and is not any more, of the values of each chart and of profiles."""
    now = load(ROOT / "profiles" / "schema" / "profile.schema.json")
    found = set(Schemas(load(OLD_CHARTS / "profile.schema.json"), now).narrower())
    for case in OLD_CASES:
        then, now = (load(chart / SCHEMA) for chart in (old_chart(case), todays_charts[case]))
        found |= set(Schemas(then, now, of_values=True).narrower())
    return found


def test_what_was_valid_is_valid_still(refused):
    listed = {line for entry in read_entries(REFUSALS) for line in entry["at"]}
    assert sorted(refused - listed) == [], "not in refusals.yaml"
    assert sorted(listed - refused) == [], "in refusals.yaml, but taken"


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


def test_of_values_keys_may_become_necessary():
    """A null in a values file deletes a default, so that a key can lack."""
    new = copy.deepcopy(OLD)
    new["required"] = ["replicas"]
    new["properties"]["replicas"] = {"type": "integer", "minimum": 0}
    assert list(Schemas(OLD, new, of_values=True).narrower()) == []
    assert len(list(Schemas(OLD, new).narrower())) == 3
