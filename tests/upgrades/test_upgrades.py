"""Releases that 0.1.0's charts made can be upgraded to today's, and lose nothing by it."""

from __future__ import annotations

import pytest

from tests.support.old_charts import OLD_CASES, old_profile
from tests.support.trees import texts
from tests.upgrades.comparison import broken_by_upgrade, by_key

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", OLD_CASES)
def test_the_profile_is_valid_still(wingsctl, case):
    done = wingsctl("validate", old_profile(case))
    assert done.code == 0, done.stderr


def test_nothing_is_refused_and_nothing_lost(upgrades):
    assert {each.case for each in upgrades} == set(OLD_CASES)
    found = {each.name: list(broken_by_upgrade(each.old, each.new)) for each in upgrades}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_the_old_charts_have_something_to_lose(upgrades):
    """Or the test above would prove nothing."""
    old = [each.old for each in upgrades]
    kinds = {kind for objects in old for kind, _ in by_key(objects)}
    assert {
        "Deployment", "StatefulSet", "PersistentVolumeClaim", "Service", "ScaledObject", "Ingress",
        "HTTPRoute", "PodMonitor", "TriggerAuthentication", "NetworkPolicy",
    } <= kinds  # fmt: skip
    text = str(old)
    for word in ("WINGS_API_KEYS_FILE", "WINGS_TLS_KEY_FILE", "front-door", "'clusterIP': 'None'"):
        assert word in text, word


def test_a_chart_written_over_an_old_one_is_the_same_as_a_new_one(
    wingsctl, todays_charts, tmp_path
):
    case = "keys-claim-ingress"
    assert wingsctl("render", old_profile(case), "--output-dir", tmp_path).code == 0
    over = todays_charts[case]
    assert texts(over) == texts(tmp_path / over.name)
