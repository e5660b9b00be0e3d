"""A new wingsctl that renders the same profile restarts no pod unless restarts.yaml says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.old_charts import OLD_CASES
from tests.support.profiles import ROOT
from tests.upgrades.comparison import changes_of_pods
from tests.upgrades.restarts import Change, all_listed, read_list

pytestmark = pytest.mark.slow
HASH = "spec.containers[wings-infer].env[WINGS_TEMPLATE].value"
"""Differs in a group whenever anything else does."""


@pytest.fixture(scope="module")
def changes(upgrades) -> dict[Change, list[str]]:
    """Every difference, and how a release was upgraded that has it."""
    found: dict[Change, list[str]] = {}
    for each in upgrades:
        of_pods = changes_of_pods(each.old, each.new)
        paths = {path for paths in of_pods.values() for path in paths}
        for path in paths - {HASH} or paths:
            found.setdefault(Change(each.case, path), []).append(each.mode)
    return found


def test_every_restart_is_listed(changes):
    known = all_listed()
    new = {change: modes for change, modes in changes.items() if change not in known}
    told: dict[str, list[str]] = {}
    for (case, path), modes in sorted(new.items()):
        told.setdefault(f"{path}, by {' and '.join(modes)}", []).append(case)
    assert not told, (
        "an upgrade from 0.1.0 replaces pods that restarts.yaml does not name. Keep the old "
        "rendering, or do what CONTRIBUTING.md says about it:\n"
        + "\n".join(f"{what}: {', '.join(cases)}" for what, cases in told.items())
    )


def test_every_entry_is_needed(changes):
    for entry in read_list():
        unused = [path for path in entry["at"] if not _occurs(entry, path, changes)]
        assert not unused, f"no chart differs there: {unused}"
        idle = [case for case in entry.get("charts", []) if not _differs(case, entry, changes)]
        assert not idle, f"these charts differ nowhere in {entry['at']}: {idle}"


def test_every_entry_is_told_to_users():
    changelog = " ".join((ROOT / "CHANGELOG.md").read_text("utf-8").split())
    for entry in read_list():
        assert set(entry) - {"charts"} == {"at", "reason", "changelog"}, entry
        assert len(entry["reason"]) > 20, entry
        assert set(entry.get("charts", [])) <= set(OLD_CASES), entry
        assert len(entry["changelog"]) > 20, entry
        assert " ".join(entry["changelog"].split()) in changelog, entry


def _occurs(entry: dict[str, Any], path: str, changes: dict[Change, list[str]]) -> bool:
    return any(Change(case, path) in changes for case in entry.get("charts", OLD_CASES))


def _differs(case: str, entry: dict[str, Any], changes: dict[Change, list[str]]) -> bool:
    return any(Change(case, path) in changes for path in entry["at"])
