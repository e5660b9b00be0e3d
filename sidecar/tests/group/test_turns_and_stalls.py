"""Turns between groups, and progress of an engine: small decisions with memory."""

import pytest

from wings_infer.group.answers import LeaderAnswer, Phase
from wings_infer.group.stall import Progress, sum_counters
from wings_infer.group.turns import LowerGroup, Turn, TurnRules

RULES = TurnRules(bound=100, quiet=10, absent=60)


def group(phase=Phase.RUN, asked=False):
    return LowerGroup(
        LeaderAnswer("ns/a", 0, 2, "p", "", "", "ab", ":", asked, False, phase, f"1-{'0' * 16}", (), "")
    )


def test_the_lowest_group_does_not_wait():
    assert Turn(RULES).is_ours([], 0, 0)


def test_quiet_lower_groups_are_watched_for_a_while():
    turn = Turn(RULES)
    assert not turn.is_ours([group()], 0, 1)
    assert not turn.is_ours([group()], 0, 10.9)
    assert turn.is_ours([group()], 0, 11)


@pytest.mark.parametrize(
    "busy",
    [group(Phase.GATHER), group(Phase.START), group(Phase.DRAIN), group(asked=True), LowerGroup()],
)
def test_a_lower_group_in_transition_is_waited_for_up_to_the_bound(busy):
    turn = Turn(RULES)
    for now in range(100):
        assert not turn.is_ours([group(), busy], 0, now)
    assert turn.is_ours([group(), busy], 0, 100)


def test_quiet_begins_again_after_each_transition():
    turn = Turn(RULES)
    assert not turn.is_ours([group()], 0, 1)
    assert not turn.is_ours([group(Phase.GATHER)], 0, 5)
    assert not turn.is_ours([group()], 0, 6)
    assert not turn.is_ours([group()], 0, 15)
    assert turn.is_ours([group()], 0, 16)


def test_a_group_without_a_name_for_long_is_gone():
    turn, gone = Turn(RULES), LowerGroup(nameless_since=5)
    assert not turn.is_ours([gone], 0, 64)
    assert not turn.is_ours([gone], 0, 65)
    assert turn.is_ours([gone], 0, 75)


def test_an_engine_that_does_not_move_while_it_works_has_stalled():
    progress = Progress(10)
    samples = [(0, 5.0), (4, 6.0), (8, 6.0), (13, 6.0)]
    assert not any(progress.is_stalled(total, True, now) for now, total in samples)
    assert progress.is_stalled(6.0, True, 14)


def test_an_engine_that_gives_no_counters_has_stalled_too():
    progress = Progress(10)
    assert not progress.is_stalled(5.0, True, 0)
    assert not progress.is_stalled(None, True, 9)
    assert progress.is_stalled(None, True, 10)


def test_an_idle_engine_never_stalls():
    progress = Progress(10)
    progress.is_stalled(5.0, True, 0)
    assert not progress.is_stalled(None, False, 50)
    assert not progress.is_stalled(5.0, True, 51)
    assert progress.is_stalled(5.0, True, 61)


def test_counters_are_summed_over_their_series():
    text = b'# HELP x:a\n# TYPE x:a counter\nx:a{m="} 7"} 3\nx:a{m="b"} 4.5 1700000000\nx:ab 9\nx:c 1e2\nx:d bad\n'
    assert sum_counters(text, ["x:a"]) == 7.5
    assert sum_counters(text, ["x:a", "x:c"]) == 107.5
    assert sum_counters(text, ["x:d"]) is None
    assert sum_counters(text, ["x:e"]) is None
