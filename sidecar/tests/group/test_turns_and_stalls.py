"""Turns between groups, and progress of an engine: small decisions with memory."""

import socket

import pytest

from wings_infer.group.answers import LeaderAnswer, Phase
from wings_infer.group.ending import PRE_STOP_FILE, PodEnd
from wings_infer.group.settings import load_group_settings
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


def first_turn(busy):
    """The second at which it is our turn beside a quiet lower group and this one."""
    turn = Turn(RULES)
    return next(now for now in range(1000) if turn.is_ours([group(), busy], 0, now))


def test_a_lower_group_in_transition_is_waited_for_up_to_the_bound():
    busy = [group(Phase.GATHER), group(Phase.START), group(Phase.DRAIN), group(asked=True), LowerGroup()]
    assert [first_turn(one) for one in busy] == [100] * 5


def test_quiet_begins_again_after_each_transition():
    turn = Turn(RULES)
    assert not turn.is_ours([group()], 0, 1)
    assert not turn.is_ours([group(Phase.GATHER)], 0, 5)
    assert not turn.is_ours([group()], 0, 6)
    assert not turn.is_ours([group()], 0, 15)
    assert turn.is_ours([group()], 0, 16)


def test_a_group_without_a_name_for_long_is_gone():
    turn = Turn(RULES)
    assert not turn.is_ours([LowerGroup(nameless_since=5, nameless_until=64)], 0, 64)
    gone = LowerGroup(nameless_since=5, nameless_until=65)
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


@pytest.fixture
def end(tmp_path):
    """The end of a pod of group 1, which got SIGTERM; the turn's time-out is far away."""
    environment = {"LWS_GROUP_SIZE": "2", "POD_UID": "p", "WINGS_GROUP": "ns/b"}
    environment |= {"WINGS_LOWER_LEADERS": "a-0", "WINGS_TURN_SECONDS": "9000"}
    environment |= {"WINGS_WORKER_ADDRESS": "b-{index}"}
    (tmp_path / PRE_STOP_FILE).write_text("asked: 1\n")
    return PodEnd(tmp_path, load_group_settings(environment, []), lambda text: None)


def look(end, now, **facts):
    end.look(now, **{"is_script_ending": False, "is_free": False, "gathers": False} | facts)
    return end.ending.terminating


def test_only_a_resolver_that_answers_tells_that_a_name_is_gone(end):
    """A slow or failing one neither proves it nor takes it back."""
    nameless = socket.gaierror(socket.EAI_NONAME, "no such name")
    for now in range(0, 60, 2):
        for error in (nameless, TimeoutError(), socket.gaierror(socket.EAI_AGAIN, "later")):
            end.on_lower_silence(0, error, now)
        assert not look(end, now)
    end.on_lower_silence(0, TimeoutError(), 200)
    assert not look(end, 200)
    end.on_lower_silence(0, nameless, 201)
    assert not look(end, 201)
    assert look(end, 211)


def test_a_name_that_is_back_is_a_group_again(end):
    nameless = socket.gaierror(socket.EAI_NONAME, "no such name")
    end.on_lower_silence(0, nameless, 0)
    end.on_lower_silence(0, ConnectionRefusedError(), 50)
    end.on_lower_silence(0, nameless, 70)
    assert not look(end, 70)
    assert not look(end, 90)


def test_who_is_free_does_not_wait(end):
    assert not look(end, 1)
    assert look(end, 2, is_free=True)
    assert look(end, 3)


def test_a_leader_that_gathers_when_it_is_told_to_end_does_not_wait(end):
    assert look(end, 1, gathers=True)
    assert look(end, 2)


def test_a_leader_that_gathers_later_still_waits(end):
    """Its engines served until they failed; they may serve again before its turn."""
    assert not look(end, 1)
    assert not look(end, 2, gathers=True)
