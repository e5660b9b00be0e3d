"""What the leader of a group decides: one pure function of state, event and time."""

from __future__ import annotations

from dataclasses import replace

from wings_infer.control.engine_life import Action, Launch, Stop
from wings_infer.group.answers import (
    ALIVE,
    STARTED,
    LeaderAnswer,
    Member,
    Phase,
    WorkerAnswer,
)
from wings_infer.group.leader_conditions import find_end, waits_for
from wings_infer.group.leader_state import End, LeaderState, Seat
from wings_infer.group.record import Record
from wings_infer.group.rules import (
    CutStreams,
    Event,
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

LEASE_STEP = 1.0
"""The leader renews its own lease this often."""


def boot(
    rules: Rules, record: Record | None, engine: OwnEngine, now: float
) -> tuple[LeaderState, list[Action]]:
    """The state of a program that starts: goes on with a generation that runs, else a new one."""
    seats = tuple(Seat(sent=now, changed=now) for _ in range(rules.size - 1))
    if record is None:
        state = LeaderState(rules, "", counter=0, seats=seats, engine=engine)
        return _gather(replace(state, fence_until=now + rules.fence), now)
    counter = int(record.generation.partition("-")[0])
    state = LeaderState(
        rules, record.generation, record.phase, now, record.members, record.previous_members,
        record.attempt, counter, seats=seats, engine=engine, started=now,
    )  # fmt: skip
    if _goes_on(record, rules, engine):
        return replace(state, phase=Phase.START), [Publish()]
    previous = record.members if record.phase in STARTED else record.previous_members
    return _gather(replace(state, previous=previous, fence_until=now + rules.fence), now)


def _goes_on(record: Record, rules: Rules, engine: OwnEngine) -> bool:
    is_ours = len(record.members) == rules.size and record.members[0] == rules.pod
    runs = engine.launch == record.generation and engine.state in ALIVE
    return is_ours and runs and record.phase in STARTED


def decide(state: LeaderState, event: Event, now: float) -> tuple[LeaderState, list[Action]]:
    """The state after this event, and what is to be done, in that order."""
    state = _take(state, event, now)
    actions: list[Action] = []
    while True:
        step = _step(state, now)
        if step is None:
            return state, _latest(actions)
        state, more = step
        actions += more


def _latest(actions: list[Action]) -> list[Action]:
    """Of several steps at once only the last state is kept and published, and kept first."""
    keeps = [one for one in actions if isinstance(one, Keep)]
    last = max((n for n, one in enumerate(actions) if isinstance(one, Publish)), default=-1)
    rest = [
        one
        for n, one in enumerate(actions)
        if not isinstance(one, Keep) and (n == last or not isinstance(one, Publish))
    ]
    return [*keeps[-1:], *rest]


def serves_until(state: LeaderState) -> float:
    """Requests are served until then, if nothing happens before; 0 when they are not."""
    if not state.engine.is_healthy or state.phase not in {Phase.RUN, Phase.DRAIN}:
        return 0.0
    rules = state.rules
    heard = min((seat.heard for seat in state.seats), default=float("inf")) + rules.patience
    if state.phase is Phase.DRAIN and not state.ending.terminating:
        return min(heard, state.since + rules.delay)
    return heard  # a leader that ends closes its port instead


def publish(state: LeaderState, who: Member, now: float) -> LeaderAnswer:
    """What the workers are told."""
    reason = "; ".join(waits_for(state, now)) if state.phase is Phase.GATHER else ""
    return LeaderAnswer(
        **vars(who), asked=state.is_asked, terminating=state.ending.terminating, phase=state.phase,
        generation=state.generation, members=state.members, reason=reason[:1000],
    )  # fmt: skip


# Taking events in


def _take(state: LeaderState, event: Event, now: float) -> LeaderState:
    if isinstance(event, Heard) and isinstance(event.answer, WorkerAnswer):
        return _hear(state, event.answer, event.sent, now)
    if isinstance(event, Own):
        return _know(state, event, now)
    if isinstance(event, Stalled):
        return replace(state, stalled=event.reason)
    return state


def _know(state: LeaderState, own: Own, now: float) -> LeaderState:
    is_sick = state.phase in {Phase.RUN, Phase.DRAIN} and not own.engine.is_healthy
    since = (now if state.sick_since is None else state.sick_since) if is_sick else None
    known = (state.engine, state.ending, state.is_idle, state.sick_since)
    if known == (own.engine, own.ending, own.is_idle, since):
        return state
    return replace(state, engine=own.engine, ending=own.ending, is_idle=own.is_idle, sick_since=since)


def _hear(state: LeaderState, answer: WorkerAnswer, sent: float, now: float) -> LeaderState:
    old = state.seats[answer.index - 1]
    is_alive = _runs(answer, state.generation) and state.phase in STARTED
    seat = Seat(
        answer, sent, now, old.changed if old.answer == answer else now, old.was_alive or is_alive
    )
    seats = list(state.seats)
    seats[answer.index - 1] = seat
    return replace(state, seats=tuple(seats))


def _runs(answer: WorkerAnswer, generation: str) -> bool:
    return answer.launched == generation and answer.engine in ALIVE


# Steps; each returns None where it has nothing to do


def _step(state: LeaderState, now: float) -> tuple[LeaderState, list[Action]] | None:
    if state.phase in STARTED:
        end = find_end(state, now)
        if end is not None:
            return _end(state, end, now)
        return _advance(state, now) or _renew(state, now)
    if state.ending.terminating and state.phase is Phase.GATHER:
        return _gather(state, now)
    if not state.ending.terminating and state.phase is Phase.ENDED:
        return _gather(replace(state, is_released=False), now)
    if state.phase is Phase.GATHER and not waits_for(state, now):
        return _start(state, now)
    return _clear(state)


def _advance(state: LeaderState, now: float) -> tuple[LeaderState, list[Action]] | None:
    is_leaving = state.ending.terminating or any(
        seat.answer and seat.answer.terminating for seat in state.seats
    )
    if state.phase is Phase.START and _is_formed(state, now):
        return _enter(state, Phase.RUN, now)
    if state.phase is Phase.RUN and is_leaving:
        return _enter(state, Phase.DRAIN, now)
    return None


def _is_formed(state: LeaderState, now: float) -> bool:
    horizon = now - state.rules.patience
    return state.engine.is_healthy and all(
        seat.was_alive and seat.heard > horizon for seat in state.seats
    )


def _enter(state: LeaderState, phase: Phase, now: float) -> tuple[LeaderState, list[Action]]:
    state = replace(state, phase=phase, since=now, sick_since=None)
    return state, [Keep(_record(state)), Publish()]


def _renew(state: LeaderState, now: float) -> tuple[LeaderState, list[Action]] | None:
    until = now + state.rules.lease
    if until < state.lease_until + LEASE_STEP:
        return None
    return replace(state, lease_until=until), [Lease(state.generation, until)]


def _clear(state: LeaderState) -> tuple[LeaderState, list[Action]] | None:
    """Outside a generation no engine of ours may run; a pod whose engine is gone may end."""
    if state.engine.state in ALIVE:
        stopping = replace(state.engine, state=state.engine.state.STOPPING, is_gone=False)
        return replace(state, engine=stopping), [
            Stop(state.engine.launch, _last_reason(state), is_failure=False)
        ]
    if state.phase is Phase.ENDED and state.engine.is_gone and not state.is_released:
        return replace(state, is_released=True), [Release()]
    return None


def _start(state: LeaderState, now: float) -> tuple[LeaderState, list[Action]]:
    members = (state.rules.pod, *(seat.answer.pod for seat in state.seats if seat.answer))
    seats = tuple(replace(seat, was_alive=False) for seat in state.seats)
    launched = OwnEngine(state.generation, state.engine.state.STARTING)
    state = replace(
        state, phase=Phase.START, since=now, started=now, members=members, seats=seats, stalled="",
        engine=launched, lease_until=now + state.rules.lease, sick_since=None,
    )  # fmt: skip
    return state, [
        Keep(_record(state)),
        Lease(state.generation, state.lease_until),
        Launch(state.generation, state.attempt),
        Publish(),
    ]


# Ends


def _end(state: LeaderState, end: End, now: float) -> tuple[LeaderState, list[Action]]:
    old, rules = state, state.rules
    lasted = now - state.since if state.phase in {Phase.RUN, Phase.DRAIN} else 0.0
    failures = 0 if lasted >= rules.proven else state.attempt
    wait = rules.backoff[min(failures, len(rules.backoff) - 1)] if end.counts else 0.0
    state = replace(
        state, previous=state.members, fence_until=now + rules.fence, last_end=end,
        attempt=failures + 1 if end.counts else failures, start_after=now + wait,
        ends=state.ends | {end.kind: state.ends.get(end.kind, 0) + 1},
    )  # fmt: skip
    state, actions = _gather(state, now)
    actions.append(CutStreams(end.reason))
    if old.engine.state in ALIVE:
        stopping = replace(old.engine, state=old.engine.state.STOPPING, is_gone=False)
        state = replace(state, engine=stopping)
        actions.append(Stop(old.generation, end.reason, is_failure=end.counts))
    return state, actions


def _gather(state: LeaderState, now: float) -> tuple[LeaderState, list[Action]]:
    """A new id; the old one never comes back."""
    counter = state.counter % 999_999_999 + 1
    state = replace(
        state, generation=state.rules.new_generation(counter), counter=counter, since=now, members=(),
        phase=Phase.ENDED if state.ending.terminating else Phase.GATHER, stalled="", sick_since=None,
    )  # fmt: skip
    return state, [Keep(_record(state)), Publish()]


def _last_reason(state: LeaderState) -> str:
    return state.last_end.reason if state.last_end else "it belongs to no generation"


def _record(state: LeaderState) -> Record:
    return Record(state.generation, state.phase, state.members, state.previous, state.attempt)
