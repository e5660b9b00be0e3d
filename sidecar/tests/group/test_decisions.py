"""Single decisions of leader and worker, under a clock of the test's own."""

from dataclasses import replace

import pytest

from wings_infer.control.engine_life import Launch, Stop
from wings_infer.group import leader, worker
from wings_infer.group.answers import EngineState, LeaderAnswer, Phase, WorkerAnswer
from wings_infer.group.leader_conditions import waits_for
from wings_infer.group.record import Record
from wings_infer.group.rules import (
    CutStreams,
    Ending,
    Heard,
    Keep,
    Lease,
    Own,
    OwnEngine,
    Publish,
    Release,
    Rules,
    Stalled,
)

RULES = Rules(
    pod="p0", size=2, template="t", lease=10, patience=3, fence=17, form=600, unhealthy=300,
    backoff=(0, 5, 10), proven=600, delay=15, drain=60, new_generation=lambda number: f"{number}-{'0' * 16}",
)  # fmt: skip
GONE = OwnEngine("", EngineState.NONE, is_gone=True)


def runs(generation, *, healthy=True):
    return OwnEngine(generation, EngineState.RUNNING, is_healthy=healthy)


class Leader:
    """A leader with one worker, led by the test."""

    def __init__(self, record=None, engine=GONE, now=0.0):
        self.engine, self.ending, self.is_idle = engine, Ending(), True
        self.state, self.actions = leader.boot(RULES, record, engine, now)

    def at(self, now, *events):
        """Time is `now`: the pod's own facts, then these."""
        self.actions = []
        for event in (Own(self.engine, self.ending, self.is_idle), *events):
            self.state, more = leader.decide(self.state, event, now)
            self.actions += more
        return self.state

    def hear(self, now, **fields):
        base = WorkerAnswer(
            "ns/g", 1, 2, "p1", "x-1", "n1", "ab", "t", False, False, None, None, EngineState.NONE, None
        )
        return self.at(now, Heard(replace(base, **fields), now))

    def start(self, now):
        self.hear(now, joined=self.state.generation)
        assert self.state.phase is Phase.START
        self.engine = runs(self.state.generation)
        return self.state.generation

    def run(self, now):
        generation = self.start(now)
        self.hear(now, launched=generation, engine=EngineState.RUNNING)
        assert self.state.phase is Phase.RUN
        return generation


@pytest.fixture
def lead():
    return Leader()


def test_a_new_leader_waits_for_the_fence(lead):
    lead.hear(16, joined=lead.state.generation)
    assert lead.state.phase is Phase.GATHER
    assert waits_for(lead.state, 16) == ["engines of pods that went without a word need time to end"]
    lead.hear(17, joined=lead.state.generation)
    assert [type(one) for one in lead.actions] == [Keep, Lease, Launch, Publish]


def test_members_that_all_came_back_cost_no_waiting(lead):
    old = lead.run(20)
    lead.hear(30, launched=old, engine=EngineState.EXITED, code=1)
    assert [type(one) for one in lead.actions] == [Keep, Publish, CutStreams, Stop]
    lead.engine = replace(GONE, launch=old)
    assert lead.state.generation != old
    lead.hear(31, joined=lead.state.generation)
    assert lead.state.phase is Phase.START


def test_another_pod_costs_the_fence(lead):
    old = lead.run(20)
    lead.hear(30, pod="p9")
    lead.engine = replace(GONE, launch=old)
    lead.hear(46, pod="p9", joined=lead.state.generation)
    assert lead.state.phase is Phase.GATHER
    lead.hear(47, pod="p9", joined=lead.state.generation)
    assert (lead.state.phase, lead.state.members) == (Phase.START, ("p0", "p9"))


def test_starts_that_fail_wait_longer_and_longer(lead):
    now, waits = 20, []
    for _ in range(4):
        old = lead.start(now)
        lead.engine = replace(GONE, launch=old, code=1)
        lead.at(now + 1)
        assert lead.state.phase is Phase.GATHER
        waits.append(lead.state.start_after - now - 1)
        now = now + 100
    assert waits == [0, 5, 10, 10]


def test_a_run_that_was_long_enough_counts_from_zero(lead):
    lead.run(20)
    lead.state = replace(lead.state, attempt=4)
    lead.engine = replace(GONE, launch=lead.state.generation)
    lead.at(20 + 600)
    assert (lead.state.attempt, lead.state.start_after) == (1, 620)


@pytest.mark.parametrize("fields", [{"pod": "p9"}, {"template": "u"}])
def test_replaced_pods_do_not_count_as_failures(lead, fields):
    lead.run(20)
    lead.hear(25, **fields)
    assert (lead.state.phase, lead.state.attempt) == (Phase.GATHER, 0)


def test_a_silent_worker_first_costs_readiness_then_the_generation(lead):
    lead.run(20)
    assert leader.serves_until(lead.state) == 23
    assert lead.at(29.9).phase is Phase.RUN
    assert lead.at(30).phase is Phase.GATHER
    assert lead.state.last_end.kind == "silent"


def test_a_worker_that_does_not_launch_is_waited_for_as_long_as_a_lease(lead):
    lead.start(20)
    lead.hear(29)
    assert lead.state.phase is Phase.START
    lead.hear(30)
    assert lead.state.last_end.kind == "launch"


def test_a_group_that_does_not_form_gathers_again(lead):
    generation = lead.start(20)
    lead.engine = runs(generation, healthy=False)
    for now in range(21, 620):
        lead.hear(now, launched=generation, engine=EngineState.RUNNING)
    assert lead.state.phase is Phase.START
    lead.hear(620, launched=generation, engine=EngineState.RUNNING)
    assert lead.state.last_end.reason == "the group did not form within 600 s"


def test_an_engine_that_is_slow_for_a_while_costs_readiness_only(lead):
    generation = lead.run(20)
    lead.engine = runs(generation, healthy=False)
    lead.hear(21, launched=generation, engine=EngineState.RUNNING)
    assert leader.serves_until(lead.state) == 0
    for now in range(22, 321):
        lead.hear(now, launched=generation, engine=EngineState.RUNNING)
    assert lead.state.phase is Phase.RUN
    lead.hear(321, launched=generation, engine=EngineState.RUNNING)
    assert lead.state.last_end.kind == "unhealthy"


def test_a_stall_ends_the_generation(lead):
    lead.run(20)
    lead.at(21, Stalled("nothing moves"))
    assert (lead.state.phase, lead.state.last_end.reason) == (Phase.GATHER, "nothing moves")


@pytest.mark.parametrize(("is_idle", "end"), [(True, 36), (False, 96)])
def test_a_drain_takes_its_delay_and_no_longer_than_said(lead, is_idle, end):
    generation = lead.run(20)
    lead.is_idle = is_idle
    lead.hear(21, launched=generation, engine=EngineState.RUNNING, terminating=True)
    assert lead.state.phase is Phase.DRAIN
    for now in range(22, end):
        lead.hear(now, launched=generation, engine=EngineState.RUNNING, terminating=True)
        assert lead.state.phase is Phase.DRAIN
        assert (leader.serves_until(lead.state) > now) == (now < 36)
    lead.hear(end, launched=generation, engine=EngineState.RUNNING, terminating=True)
    assert (lead.state.phase, lead.state.attempt) == (Phase.GATHER, 0)


def test_a_leader_that_ends_releases_its_pod_when_the_engine_is_gone(lead):
    generation = lead.run(20)
    lead.ending = Ending(asked=True, terminating=True)
    assert lead.at(21).phase is Phase.DRAIN
    lead.hear(30, launched=generation, engine=EngineState.RUNNING)
    assert lead.at(36).phase is Phase.ENDED
    lead.engine = replace(GONE, launch=generation)
    lead.at(37)
    assert lead.actions == [Release()]
    assert lead.at(38).phase is Phase.ENDED


def test_an_end_can_be_taken_back(lead):
    lead.ending = Ending(asked=True, terminating=True)
    assert lead.at(1).phase is Phase.ENDED
    lead.ending = Ending()
    assert lead.at(2).phase is Phase.GATHER


def test_a_restarted_leader_goes_on_with_what_runs():
    generation = f"7-{'a' * 16}"
    again = Leader(Record(generation, Phase.RUN, ("p0", "p1"), (), 2), runs(generation), now=100)
    assert (again.state.phase, again.state.generation) == (Phase.START, generation)
    again.hear(101, launched=generation, engine=EngineState.RUNNING)
    assert (again.state.phase, again.state.attempt) == (Phase.RUN, 2)


@pytest.mark.parametrize("engine", [GONE, OwnEngine(f"6-{'a' * 16}", EngineState.RUNNING)])
def test_a_restarted_leader_whose_engine_is_gone_gathers_behind_the_fence(engine):
    record = Record(f"7-{'a' * 16}", Phase.RUN, ("p0", "p1"), (), 0)
    again = Leader(record, engine, now=100)
    assert (again.state.phase, again.state.previous) == (Phase.GATHER, ("p0", "p1"))
    assert again.state.generation.startswith("8-")
    assert again.state.fence_until == 117


# The worker


def said(phase, generation, **fields):
    base = LeaderAnswer(
        "ns/g", 0, 2, "p0", "", "", "ab", "t", False, False, phase, generation, ("p0", "p1"), ""
    )
    return replace(base, **fields)


G, H = f"1-{'1' * 16}", f"2-{'2' * 16}"


def hear(answer, sent=0.0, now=0.0, engine=GONE, **fields):
    state = worker.WorkerState(replace(RULES, pod="p1"), engine=engine, **fields)
    return worker.decide(state, Heard(answer, sent), now)


def test_a_worker_echoes_the_generation_when_its_engine_is_gone():
    assert hear(said(Phase.GATHER, G))[0].joined == G
    assert hear(said(Phase.GATHER, G, template="u"))[0].joined is None
    assert hear(said(Phase.GATHER, G), engine=OwnEngine())[0].joined is None
    assert hear(said(Phase.GATHER, G), ending=Ending(asked=True, terminating=True))[0].joined is None
    assert hear(said(Phase.GATHER, G), ending=Ending(asked=True))[0].joined == G


def test_a_worker_starts_with_a_lease_from_the_time_of_its_question():
    state, actions = hear(said(Phase.START, G), sent=5.0, now=8.0)
    assert actions == [Lease(G, 15.0), Launch(G, 0), Publish()]
    assert (state.launched, state.joined) == (G, None)


def test_a_worker_does_not_start():
    no_calls = [
        (said(Phase.START, G), -2.0),
        (said(Phase.START, G, members=("p0", "p9")), 8.0),
        (said(Phase.START, G, template="u"), 8.0),
        (said(Phase.RUN, G), 8.0),
        (said(Phase.DRAIN, G), 8.0),
    ]
    started = [one for one in no_calls if Launch(G, 0) in hear(one[0], sent=one[1], now=8.0)[1]]
    assert started == []


def test_a_worker_never_starts_twice_for_one_generation():
    ended = OwnEngine(G, EngineState.EXITED, is_gone=True, code=1)
    state, actions = hear(said(Phase.START, G), engine=ended)
    assert Launch(G, 0) not in actions
    assert state.shown_engine is EngineState.EXITED
    assert hear(said(Phase.GATHER, H), engine=ended)[0].shown_engine is EngineState.NONE


def test_a_worker_renews_its_lease_while_its_leader_leads_it():
    for phase in (Phase.START, Phase.RUN, Phase.DRAIN):
        assert hear(said(phase, G), sent=7, now=9, engine=runs(G), lease_until=15)[1] == [Lease(G, 17)]
    assert hear(said(Phase.RUN, G), sent=4, now=9, engine=runs(G), lease_until=15)[1] == []


def test_a_worker_stops_what_its_leader_does_not_lead():
    answers = [said(Phase.RUN, H), said(Phase.GATHER, G), said(Phase.ENDED, H)]
    actions = [hear(answer, engine=runs(G))[1] for answer in answers]
    assert [[one.launch for one in each if isinstance(one, Stop)] for each in actions] == [[G]] * 3


def test_a_worker_that_ends_keeps_its_engine_for_the_leader_but_not_for_ever():
    state = worker.WorkerState(replace(RULES, pod="p1"), engine=runs(G))
    own = Own(runs(G), Ending(asked=True, terminating=True))
    state, actions = worker.decide(state, own, 100)
    assert actions == [Publish()]
    assert worker.decide(state, own, 179.9)[1] == []
    assert [type(one) for one in worker.decide(state, own, 180)[1]] == [Stop, Publish]
    gone = Own(replace(GONE, launch=G), own.ending)
    assert Release() in worker.decide(state, gone, 110)[1]


def test_a_workers_health_is_its_own_part():
    cases = [
        (GONE, None, ""),
        (GONE, said(Phase.GATHER, G), ""),
        (GONE, said(Phase.RUN, G, members=("p0", "p9")), ""),
        (runs(G), said(Phase.RUN, G), ""),
        (runs(G), None, ""),
        (OwnEngine(), None, "the engine's container says nothing"),
        (OwnEngine(G, EngineState.STOPPING), None, "the engine is being stopped"),
        (runs(G), said(Phase.START, G), "the group is not running: start"),
        (runs(G), said(Phase.DRAIN, G), "the group is not running: drain"),
        (
            OwnEngine(G, EngineState.EXITED, is_gone=True, code=3),
            said(Phase.RUN, G),
            "the engine ended with code 3",
        ),
        (OwnEngine(G, EngineState.EXITED, is_gone=True, code=3), said(Phase.GATHER, H), ""),
    ]
    rules = replace(RULES, pod="p1")
    states = [worker.WorkerState(rules, engine=engine, leader=one, sent=0) for engine, one, _ in cases]
    assert [worker.fault(state, 5) for state in states] == [fault for *_, fault in cases]


def test_several_steps_at_once_keep_and_publish_the_last_state():
    lead = Leader()
    lead.state = replace(lead.state, rules=replace(RULES, delay=0))
    lead.run(20)
    lead.ending = Ending(asked=True, terminating=True)
    assert lead.at(21).phase is Phase.ENDED
    assert [type(one) for one in lead.actions] == [Keep, Publish, CutStreams, Stop]
    assert (lead.actions[0].record.phase, lead.actions[0].record.generation) == (
        Phase.ENDED,
        lead.state.generation,
    )
