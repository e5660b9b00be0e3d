"""The protocol's model: small searches, and that each deliberate break is found."""

import pytest

from group.model import FENCE, Rules
from group.search import search

BREAKS = {
    "consent without the echo of the generation": (Rules(no_echo=True), {"agent", "exit"}, 2, "P1"),
    "no fence": (Rules(fence=0), {"delete"}, 1, "P1"),
    "fence a tick too short": (Rules(fence=FENCE - 1), {"delete"}, 1, "P1"),
    "no lease": (Rules(no_lease=True), {"delete"}, 1, "P1"),
    "templates not compared": (Rules(ignore_template=True), {"rollout"}, 1, "P"),
    "a silent member ignored": (Rules(ignore_silence=True), {"cut"}, 1, "P"),
    "a dead engine ignored": (Rules(ignore_dead_engine=True), {"exit"}, 1, "P2"),
    "a launch forgotten": (Rules(forget_launch=True), {"agent", "exit"}, 2, "P3"),
    "the same generation again": (Rules(same_generation=True), {"exit"}, 1, "P"),
    "pods that end start engines": (Rules(ending_pods_start=True), {"term"}, 1, "P5"),
}


@pytest.mark.parametrize("fault", ["exit", "hang", "agent", "delete", "cut", "slow", "term", "rollout"])
def test_every_promise_holds_with_one_fault(fault):
    result = search(1, frozenset({fault}), 1)
    assert (result.breach, result.trace) == ("", [])


def test_an_agents_restart_within_a_lease_stops_nothing():
    assert not search(1, frozenset({"agent"}), -1, is_quick=True).breach


def test_a_leader_that_does_not_adopt_is_found():
    result = search(1, frozenset({"agent"}), -1, Rules(no_adoption=True), is_quick=True)
    assert result.breach.startswith("P4"), result


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_protocol_is_found(name):
    rules, faults, budget, promise = BREAKS[name]
    result = search(1, frozenset(faults), budget, rules)
    assert result.breach.startswith(promise), result
