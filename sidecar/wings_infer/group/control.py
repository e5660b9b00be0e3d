"""This pod's part in its group: knows the files, lets the role's function decide."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from wings_infer.control.clock import uptime
from wings_infer.control.engine_life import Action
from wings_infer.control.files import write_whole
from wings_infer.control.start_command import new_launch_id
from wings_infer.control.states import State
from wings_infer.errors import BadMessage
from wings_infer.group import leader, worker
from wings_infer.group.answers import (
    ALIVE,
    EngineState,
    LeaderAnswer,
    Member,
    Phase,
    WorkerAnswer,
    parse_leader,
    parse_worker,
    render_answer,
)
from wings_infer.group.ending import PodEnd
from wings_infer.group.engine import GroupEngine
from wings_infer.group.leader_state import LeaderState
from wings_infer.group.peers import why
from wings_infer.group.publication import Publication
from wings_infer.group.record import read_record, write_lease, write_record
from wings_infer.group.rules import (
    CutStreams,
    Event,
    Heard,
    Keep,
    Lease,
    Own,
    Publish,
    Release,
    Rules,
    Stalled,
)
from wings_infer.group.stories import leader_news, leader_story, worker_news, worker_story

if TYPE_CHECKING:
    from wings_infer.settings import Settings

RELEASED_FILE = "released.txt"
SAY_SECONDS = 60.0
"""A leader that gathers says this often in the log whom it misses."""


class Requests(Protocol):
    """The requests of clients, as far as a group cares."""

    @property
    def is_idle(self) -> bool:
        """None is in flight."""
        ...

    def cut_all(self, reason: str) -> None:
        """Ends all of them at once."""
        ...


class NoRequests:
    """Before the gateway is there."""

    is_idle = True

    def cut_all(self, reason: str) -> None:
        """Nothing to end."""


class GroupControl(GroupEngine):
    """One member of a group. Everything it decides is decided in `leader` or `worker`."""

    def __init__(self, settings: Settings, tell: Callable[[str], None]) -> None:
        assert settings.group is not None
        super().__init__(settings, tell, settings.group.lease)
        self.settings, self.group = settings, settings.group
        self.requests: Requests = NoRequests()
        self.rules = _rules(settings)
        self.publication = Publication(self.group.hold)
        self.member: LeaderState | worker.WorkerState = worker.WorkerState(self.rules)
        self.silences: dict[int, tuple[float, str]] = {}
        """By index: since when a peer does not answer, and why."""
        self.end = PodEnd(settings.shared_dir, self.group, tell)
        self._before: LeaderState | worker.WorkerState = self.member
        self._noted: LeaderState | worker.WorkerState | None = None
        self._published: LeaderAnswer | WorkerAnswer | None = None
        self._boot = secrets.token_hex(4)
        self._released_at = self._said_at = 0.0

    # What people, probes and the gateway ask

    @property
    def is_serving(self) -> bool:
        """A request sent to the leader's engine now would be served."""
        member = self.member
        if isinstance(member, worker.WorkerState) or not self.answers:
            return False
        return uptime() < leader.serves_until(member)

    @property
    def is_healthy(self) -> bool:
        """The leader: the group serves. A worker: its own part is in order."""
        member = self.member
        if isinstance(member, worker.WorkerState):
            return not worker.fault(member, uptime())
        return member.phase is Phase.RUN and not self.is_leaving and self.is_serving

    @property
    def state(self) -> State:
        """The group's state at the leader, the own part's at a worker."""
        member = self.member
        if member.is_released:
            return State.STOPPED
        if member.ending.terminating:
            return State.DRAINING
        if isinstance(member, LeaderState):
            running = State.READY if self.is_serving else State.UNHEALTHY
            return _STATES.get(member.phase, running)
        if member.engine.state not in ALIVE:
            return State.STARTING
        said = worker.leader_of(member, uptime())
        return State.READY if said and said.phase is Phase.RUN else State.LOADING

    @property
    def sends_away(self) -> bool:
        """A pod of the group ends: clients do well to find another group."""
        return isinstance(self.member, LeaderState) and self.member.phase is Phase.DRAIN

    @property
    def is_leaving(self) -> bool:
        """The pod has its turn to end, or this program alone was told to."""
        return self.end.is_leaving(uptime())

    def may_leave(self, now: float) -> bool:
        """Nobody needs this program any more."""
        member = self.member
        if not self.end.ending.terminating:
            return True
        if not member.is_released or isinstance(member, worker.WorkerState):
            return member.is_released
        horizon = now - self.rules.patience
        waiting = [
            s for s in member.seats if s.answer and s.answer.engine in ALIVE and s.heard > horizon
        ]
        return not waiting or now - self._released_at > self.rules.lease

    def explain(self, now: float) -> str:
        """Why no request is served here, in words; empty when requests are served."""
        if self.is_serving and self.is_healthy:
            return ""
        if isinstance(self.member, worker.WorkerState):
            text = worker_story(self.member, self.silences, now)
        else:
            text = leader_story(self.member, self.group, self.silences, now)
        return f"{text} ({self.problem})" if self.problem else text

    # Events

    def begin(self, now: float) -> list[Action]:
        """Files have been read: take the part that an earlier run of this program had."""
        self._ordered_at = now
        if self.group.leads:
            record = read_record(self.settings.shared_dir)
            self.member, actions = leader.boot(self.rules, record, self.own_engine(now), now)
            self._before = self.member
            return actions
        self.member = replace(self.member, engine=self.own_engine(now))
        return [Publish()]

    def on_tick(self, now: float) -> list[Action]:
        """Time passed, and files may have changed."""
        member = self.member
        gathers = isinstance(member, LeaderState) and member.phase is Phase.GATHER
        if member is not self._noted or gathers:
            self._note_change(now)
        if gathers and now - max(self._said_at, self.since) >= SAY_SECONDS:
            self._said_at = now
            self.tell(self.explain(now))
        engine = self.own_engine(now)
        is_free = self._leading_phase in _ENDS or engine.state is EngineState.NONE
        self.end.look(now, is_script_ending=self.is_terminating, is_free=is_free, gathers=gathers)
        return self._decide(Own(engine, self.end.ending, self.requests.is_idle), now)

    def on_answer(self, index: int, content: bytes, sent: float, now: float) -> list[Action]:
        """A peer answered. Raises BadMessage where that is no answer of this peer."""
        answer = parse_worker(content) if self.group.leads else parse_leader(content)
        claimed = (answer.group, answer.size, answer.index)
        if claimed != (self.group.group, self.group.size, index):
            raise BadMessage(f"somebody else answers: {answer.group}, {answer.index} of {answer.size}")
        self.silences.pop(index, None)
        return self._decide(Heard(answer, sent), now)

    def on_silence(self, index: int, error: Exception, now: float) -> None:
        """A peer does not answer; changes nothing but words."""
        self.silences[index] = (self.silences.get(index, (now, ""))[0], why(error))

    def on_stall(self, reason: str, now: float) -> list[Action]:
        """Requests run and the engine does not move."""
        return self._decide(Stalled(reason), now)

    def on_terminate(self, now: float) -> None:
        """SIGTERM: the pod ends, or only this program; the engine's container knows."""
        self.end.told_at = now

    def on_released(self, now: float) -> None:
        """Nothing is left to do for the engine; the member's state says so already."""

    def on_order_lost(self, _now: float) -> None:
        """Nothing was published: decide again with the next event."""
        self.member = self._before

    # Doing

    def carry_out(self, action: Action) -> None:
        """Does what only groups have to do. Raises OSError."""
        shared = self.settings.shared_dir
        if isinstance(action, Keep):
            write_record(shared, action.record)
        elif isinstance(action, Lease):
            write_lease(shared, action.launch, action.until)
        elif isinstance(action, Publish):
            self._publish()
        elif isinstance(action, CutStreams):
            self.tell(f"generation ended: {action.reason}")
            self.requests.cut_all(action.reason)
        elif isinstance(action, Release):
            self._released_at = uptime()
            write_whole(shared / RELEASED_FILE, b"yes\n")

    def _decide(self, event: Event, now: float) -> list[Action]:
        self._before = member = self.member
        if isinstance(member, LeaderState):
            self.member, actions = leader.decide(member, event, now)
        else:
            self.member, actions = worker.decide(member, event, now)
        return actions

    @property
    def _leading_phase(self) -> Phase | None:
        """The group's phase, as far as this member knows."""
        member = self.member
        if isinstance(member, LeaderState):
            return member.phase
        return member.leader.phase if member.leader else None

    def _note_change(self, now: float) -> None:
        """What changed without a step, or only in words, is told as well."""
        member, before, self._noted = self.member, self._noted, self.member
        if isinstance(member, LeaderState):
            self.since, self.failures = member.since, member.attempt
            self.reason = leader_news(member, now)
        else:
            is_same = isinstance(before, worker.WorkerState) and before.engine == member.engine
            self.since = self.since if is_same else now
            self.reason = worker_news(member, now)
        if self.answer() != self._published:
            self._publish()

    def _publish(self) -> None:
        self._before = self.member
        self._published = self.answer()
        self.publication.publish(render_answer(self._published))

    def answer(self) -> LeaderAnswer | WorkerAnswer:
        """What peers are told."""
        group, member = self.group, self.member
        who = Member(
            group.group, group.index, group.size, group.pod, group.name, group.node, self._boot,
            group.template,
        )  # fmt: skip
        if isinstance(member, LeaderState):
            return leader.publish(member, who, uptime())
        return worker.publish(member, who)


_ENDS = {Phase.DRAIN, Phase.ENDED}
_STATES = {
    Phase.GATHER: State.STARTING,
    Phase.START: State.LOADING,
    Phase.DRAIN: State.DRAINING,
    Phase.ENDED: State.DRAINING,
}


def _rules(settings: Settings) -> Rules:
    group = settings.group
    assert group is not None
    return Rules(
        pod=group.pod, size=group.size, template=group.template, lease=group.lease,
        patience=group.patience, fence=group.fence, form=group.form or settings.load_deadline,
        unhealthy=settings.unhealthy_deadline, backoff=settings.backoff or (0.0,),
        proven=settings.proven, delay=settings.drain_delay, drain=settings.drain,
        new_generation=new_launch_id,
    )  # fmt: skip
