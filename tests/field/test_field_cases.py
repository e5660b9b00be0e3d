"""What people asked for or ran into in public, as profiles, with the outcome that each must have.

`NAME.wings.yaml` is the case; its first line says what it is about. `outcomes.yaml` holds the exit
code of `validate`, words of its messages, and decisions of `plan`: equal to a value, or within
bounds. A size counts in GiB.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from wingsctl.catalog.base import quantity_value

HERE = Path(__file__).parent
OUTCOMES: dict[str, dict[str, Any]] = YAML(typ="safe").load(HERE / "outcomes.yaml")
GIB = 2**30


def test_each_case_has_an_outcome() -> None:
    assert sorted(OUTCOMES) == sorted(
        path.name.removesuffix(".wings.yaml") for path in HERE.glob("*.wings.yaml")
    )


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_outcome_of_a_field_case(name, wingsctl, monkeypatch):
    monkeypatch.chdir(HERE)
    wanted = OUTCOMES[name]
    found = wingsctl("validate", f"{name}.wings.yaml")
    assert found.code == wanted["exit"], found.stderr
    missing = [words for words in wanted.get("messages", ()) if words not in found.stderr]
    assert not missing, found.stderr
    decisions = decided(wingsctl, name) if "plan" in wanted else {}
    wrong = list(differences(wanted.get("plan", {}), decisions))
    assert not wrong, wrong


def decided(wingsctl, name: str) -> dict[str, Any]:
    """Key -> value of all decisions of the plan."""
    found = wingsctl("plan", f"{name}.wings.yaml", "--output", "json")
    (plan,) = json.loads(found.stdout)["data"]
    return {each["key"]: each["value"] for each in plan["decisions"]}


def differences(wanted: Mapping[str, Any], decisions: Mapping[str, Any]) -> Iterator[str]:
    """Decisions that are absent, differ or lie outside of their bounds."""
    for key, value in wanted.items():
        if key not in decisions:
            yield f"{key} is not decided"
        elif not is_met(value, decisions[key]):
            yield f"{key} is {decisions[key]!r}, not {value!r}"


def is_met(wanted: Any, found: Any) -> bool:
    """A value, or a mapping with `least`, `most` or `not`."""
    if not isinstance(wanted, dict):
        return bool(found == wanted)
    checks = {
        "least": lambda bound: number(found) >= number(bound),
        "most": lambda bound: number(found) <= number(bound),
        "not": lambda value: found != value,
    }
    return all(checks[key](bound) for key, bound in wanted.items())


def number(value: Any) -> float:
    """A plain number, or a Kubernetes quantity of memory in GiB."""
    if isinstance(value, int | float):
        return float(value)
    text = str(value).removesuffix(" GiB")
    return float(text) if text != value else quantity_value(text) / GIB
