"""A member between its files and its decisions, without a network."""

import json

import pytest

from wings_infer.control.clock import uptime
from wings_infer.control.engine_life import Launch, Stop
from wings_infer.control.engine_status import EngineStatus, parse_engine_status
from wings_infer.errors import BadMessage
from wings_infer.group.answers import EngineState
from wings_infer.group.control import GroupControl
from wings_infer.settings import load_settings

STATUS = "state: {}\nlaunch: {}\ntime: 2026-01-01T00:00:00Z\npid: 1\nterminating: {}\nproblem: \n"
G = f"1-{'a' * 16}"


@pytest.fixture
def told():
    return []


@pytest.fixture
def control(tmp_path, told):
    def make(index=0):
        environment = {
            "LWS_GROUP_SIZE": "2", "LWS_WORKER_INDEX": str(index), "LWS_LEADER_ADDRESS": "x-0.peers",
            "WINGS_WORKER_ADDRESS": "x-{index}.peers", "WINGS_GROUP": "ns/x", "POD_UID": "p",
            "WINGS_SHARED_DIR": str(tmp_path),
        }  # fmt: skip
        control = GroupControl(load_settings(environment, ("engine",)), told.append)
        control.begin(uptime())
        return control

    return make


def status(state, launch=G, terminating="no") -> EngineStatus:
    return parse_engine_status(STATUS.format(state, launch, terminating))


def test_a_leader_that_misses_somebody_says_so_once_a_minute(control, told):
    leader, now = control(), uptime()
    leader.on_silence(1, OSError("no route"), now)
    for seconds in range(0, 190, 5):
        leader.on_tick(now + seconds)
    lines = [line for line in told if "the group gathers" in line]
    assert len(lines) == 3
    assert "x-1 does not answer for 60 s: no route" in lines[0]


def test_nothing_runs_is_believed_only_of_a_beat_after_the_last_order(control):
    worker, now = control(1), uptime()
    assert worker.own_engine(now).state is EngineState.UNKNOWN
    worker.on_beat(now - 1)
    assert not worker.own_engine(now).is_gone
    worker.on_beat(now + 0.5)
    assert worker.own_engine(now + 0.5).is_gone
    assert not worker.own_engine(now + 9).is_gone


def test_an_order_that_was_stopped_before_it_was_taken_is_gone_with_the_next_beat(control):
    worker, now = control(1), uptime()
    worker.ordered(Launch(G, 0), now)
    assert worker.own_engine(now).state is EngineState.STARTING
    worker.ordered(Stop(G, "", is_failure=False), now + 1)
    worker.on_beat(now + 0.9)
    assert worker.own_engine(now + 1).state is EngineState.STOPPING
    worker.on_beat(now + 1.1)
    assert worker.own_engine(now + 1.2).is_gone


def test_an_engine_without_a_beat_for_a_lease_is_unknown(control):
    worker, now = control(1), uptime()
    worker.ordered(Launch(G, 0), now)
    worker.on_status(status("running"), now, 0)
    worker.on_beat(now + 1)
    lease = worker.group.lease
    assert worker.own_engine(now + lease + 0.9).state is EngineState.RUNNING
    assert worker.own_engine(now + lease + 1.1).state is EngineState.UNKNOWN


def test_the_last_word_of_a_script_that_ends_needs_no_beat(control):
    worker, now = control(1), uptime()
    worker.ordered(Launch(G, 0), now)
    worker.on_status(status("running"), now, 0)
    worker.on_status(status("exited 143", terminating="yes"), now + 1, 0)
    assert worker.own_engine(now + 100).is_gone


def test_a_beat_from_another_clock_is_not_believed(control):
    worker, now = control(1), uptime()
    worker.on_beat(now + 5000)
    assert worker.own_engine(now).state is EngineState.UNKNOWN


@pytest.mark.parametrize("change", [{"group": "ns/y"}, {"size": 3}, {"index": 1}])
def test_an_answer_of_somebody_else_is_refused(control, change):
    worker, other = control(1), control(0)
    document = json.loads(json.dumps(vars(other.answer())))
    document |= {"v": 1} | change
    with pytest.raises(BadMessage):
        worker.on_answer(0, json.dumps(document).encode(), uptime(), uptime())


def test_what_was_not_written_is_decided_again(control):
    worker, now = control(1), uptime()
    worker.on_beat(now + 0.5)
    worker.on_tick(now + 0.6)
    answer = control(0).answer()
    document = {"v": 1} | vars(answer) | {"phase": "start", "members": ["q", "p"]}
    for _ in range(2):
        actions = worker.on_answer(0, json.dumps(document).encode(), now + 0.6, now + 0.7)
        assert any(isinstance(one, Launch) for one in actions)
        worker.on_order_lost(now + 0.7)
