"""What a worker of a group decides: one pure function of state, event and time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wings_infer.control.engine_life import Action, Launch, Stop
from wings_infer.group.answers import (
    ALIVE,
    STARTED,
    EngineState,
    LeaderAnswer,
    Member,
    Phase,
    WorkerAnswer,
)
from wings_infer.group.rules import (
    Ending,
    Event,
    Heard,
    Lease,
    Own,
    OwnEngine,
    Publish,
    Release,
    Rules,
)

OUTLIVE_SECONDS = 5.0
"""A worker that ends waits this much longer than the leader may drain."""


@dataclass(frozen=True)
class WorkerState:
    """Everything the decisions depend on."""

    rules: Rules
    joined: str | None = None
    engine: OwnEngine = OwnEngine()
    leader: LeaderAnswer | None = None
    sent: float = float("-inf")
    heard: float = float("-inf")
    changed: float = 0.0
    """Since when the leader has said the same."""
    lease_until: float = 0.0
    ending: Ending = Ending()
    terminating_since: float = 0.0
    is_released: bool = False

    @property
    def launched(self) -> str | None:
        """The last generation the engine was started for."""
        return self.engine.launch or None

    @property
    def shown_engine(self) -> EngineState:
        """The engine as peers are told: it exited only in what the leader still leads."""
        if not self.engine.is_gone:
            return self.engine.state
        is_current = self.leader is not None and self.leader.generation == self.engine.launch
        return EngineState.EXITED if is_current else EngineState.NONE


def decide(state: WorkerState, event: Event, now: float) -> tuple[WorkerState, list[Action]]:
    """The state after this event, and what is to be done, in that order."""
    before = (state.joined, state.shown_engine, state.ending, state.engine.code)
    state = _take(state, event, now)
    state, actions = _obey(state, now) if isinstance(event, Heard) else (state, [])
    state, more = _settle(state, now)
    actions += more
    if (state.joined, state.shown_engine, state.ending, state.engine.code) != before:
        actions.append(Publish())
    return state, actions


def publish(state: WorkerState, who: Member) -> WorkerAnswer:
    """What the leader is told."""
    return WorkerAnswer(
        **vars(who), asked=state.ending.asked, terminating=state.ending.terminating,
        joined=state.joined, launched=state.launched, engine=state.shown_engine, code=state.engine.code,
    )  # fmt: skip


def leader_of(state: WorkerState, now: float) -> LeaderAnswer | None:
    """What the leader said, if that is not older than a lease."""
    return state.leader if now - state.sent < state.rules.lease else None


def fault(state: WorkerState, now: float) -> str:
    """Why this worker's own part is not in order; empty when it is, also while it waits."""
    engine = state.engine
    if engine.state is EngineState.UNKNOWN:
        return "the engine's container says nothing"
    if engine.state is EngineState.STOPPING:
        return "the engine is being stopped"
    leader = leader_of(state, now)
    if leader is None or leader.phase not in STARTED or state.rules.pod not in leader.members:
        return ""
    if engine.launch == leader.generation and engine.state not in ALIVE:
        return f"the engine ended with code {engine.code}"
    return "" if leader.phase is Phase.RUN else f"the group is not running: {leader.phase}"


def _take(state: WorkerState, event: Event, now: float) -> WorkerState:
    if isinstance(event, Heard) and isinstance(event.answer, LeaderAnswer):
        changed = state.changed if state.leader == event.answer else now
        return replace(state, leader=event.answer, sent=event.sent, heard=now, changed=changed)
    if isinstance(event, Own) and (state.engine, state.ending) != (event.engine, event.ending):
        is_new = event.ending.terminating and not state.ending.terminating
        since = now if is_new else state.terminating_since
        return replace(state, engine=event.engine, ending=event.ending, terminating_since=since)
    return state


def _obey(state: WorkerState, now: float) -> tuple[WorkerState, list[Action]]:
    leader = state.leader
    assert leader is not None
    if state.engine.state in ALIVE:
        if leader.phase in STARTED and leader.generation == state.engine.launch:
            return _renew(state)
        return _stop(state, f"the leader is at generation {leader.generation}")
    if not state.engine.is_gone or state.ending.terminating or leader.template != state.rules.template:
        return replace(state, joined=None), []
    if leader.phase is Phase.GATHER:
        return replace(state, joined=leader.generation), []
    if _is_called(state, leader) and now - state.sent < state.rules.lease:
        return _launch(state, leader.generation)
    return replace(state, joined=None), []


def _is_called(state: WorkerState, leader: LeaderAnswer) -> bool:
    return (
        leader.phase is Phase.START
        and state.rules.pod in leader.members
        and leader.generation != state.engine.launch
    )


def _launch(state: WorkerState, generation: str) -> tuple[WorkerState, list[Action]]:
    until = state.sent + state.rules.lease
    engine = OwnEngine(generation, EngineState.STARTING)
    state = replace(state, engine=engine, joined=None, lease_until=until)
    return state, [Lease(generation, until), Launch(generation, 0)]


def _renew(state: WorkerState) -> tuple[WorkerState, list[Action]]:
    until = state.sent + state.rules.lease
    if until <= state.lease_until:
        return state, []
    return replace(state, lease_until=until), [Lease(state.engine.launch, until)]


def _stop(state: WorkerState, reason: str) -> tuple[WorkerState, list[Action]]:
    launch = state.engine.launch
    engine = replace(state.engine, state=EngineState.STOPPING, is_gone=False)
    return replace(state, engine=engine, joined=None), [Stop(launch, reason, is_failure=False)]


def _settle(state: WorkerState, now: float) -> tuple[WorkerState, list[Action]]:
    """What time and the own pod demand, whatever the leader says."""
    if state.joined and (not state.engine.is_gone or state.ending.terminating):
        state = replace(state, joined=None)
    if not state.ending.terminating:
        return replace(state, is_released=False) if state.is_released else state, []
    patience = state.rules.delay + state.rules.drain + OUTLIVE_SECONDS
    if state.engine.state in ALIVE and now - state.terminating_since >= patience:
        return _stop(state, "the pod ends")
    if state.engine.is_gone and not state.is_released:
        return replace(state, is_released=True), [Release()]
    return state, []
