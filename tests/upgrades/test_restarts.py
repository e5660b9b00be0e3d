"""A new wingsctl that renders the same profile restarts no pod unless restarts.yaml says so."""

from __future__ import annotations

import pytest

from tests.support.old_charts import OLD_CASES
from tests.upgrades.comparison import changes_of_pods
from tests.upgrades.listed import RESTARTS, Change, Entry, listed_restarts, read_entries

pytestmark = pytest.mark.slow
SET = "StatefulSet"
HASH = "spec.containers[wings-infer].env[WINGS_TEMPLATE].value"
"""Differs in a group whenever anything else does."""


@pytest.fixture(scope="module")
def changes(upgrades) -> dict[Change, list[str]]:
    """Every difference, and how a release was upgraded that has it."""
    found: dict[Change, list[str]] = {}
    for each in upgrades:
        for path in causes(changes_of_pods(each.old, each.new)):
            found.setdefault(Change(each.case, path), []).append(each.mode)
    return found


def causes(changed: dict[tuple[str, str], list[str]]) -> set[str]:
    """All paths, without the hash that differs because others do."""
    of_groups = {path for (kind, _), paths in changed.items() for path in paths if kind == SET}
    others = {path for (kind, _), paths in changed.items() for path in paths if kind != SET}
    return others | (of_groups - {HASH} or of_groups)


def test_every_restart_is_listed(changes):
    known = listed_restarts()
    new = {change: modes for change, modes in changes.items() if change not in known}
    found: dict[str, list[str]] = {}
    for (case, path), modes in sorted(new.items()):
        found.setdefault(f"{path}, by {' and '.join(modes)}", []).append(case)
    assert not found, (
        "an upgrade from 0.1.0 replaces pods that restarts.yaml does not name. Keep the old "
        "rendering, or do what CONTRIBUTING.md says about it:\n"
        + "\n".join(f"{what}: {', '.join(cases)}" for what, cases in found.items())
    )


def test_every_entry_is_needed(changes):
    for entry in read_entries(RESTARTS):
        unused = [path for path in entry["at"] if not _occurs(entry, path, changes)]
        assert not unused, f"no chart differs there: {unused}"
        idle = [case for case in entry.get("charts", []) if not _differs(case, entry, changes)]
        assert not idle, f"these charts differ nowhere in {entry['at']}: {idle}"


def _occurs(entry: Entry, path: str, changes: dict[Change, list[str]]) -> bool:
    return any(Change(case, path) in changes for case in entry.get("charts", OLD_CASES))


def _differs(case: str, entry: Entry, changes: dict[Change, list[str]]) -> bool:
    return any(Change(case, path) in changes for path in entry["at"])


def test_the_hash_of_a_group_is_named_only_where_nothing_else_differs():
    assert causes({(SET, "a"): [HASH]}) == {HASH}
    assert causes({(SET, "a"): [HASH], (SET, "b"): ["x", HASH]}) == {"x"}
    assert causes({(SET, "a"): [HASH], ("Deployment", "door"): ["y"]}) == {HASH, "y"}
