"""The words in which the decisions of a group are made: rules, events, actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wings_infer.control.engine_life import Action
from wings_infer.group.answers import EngineState, LeaderAnswer, WorkerAnswer
from wings_infer.group.record import Record


@dataclass(frozen=True)
class Rules:
    """What does not change while this program runs; times in seconds."""

    pod: str
    size: int
    template: str
    lease: float
    patience: float
    """A peer that was not heard for this long is silent."""
    fence: float
    """A lease and a stop, and a reserve."""
    form: float
    unhealthy: float
    """The leader's engine may be unhealthy for this long; 0: for ever."""
    backoff: tuple[float, ...]
    proven: float
    delay: float
    """While draining: requests are still taken for this long."""
    drain: float
    new_generation: Callable[[int], str]
    """From a counter; what it makes never was before."""


@dataclass(frozen=True)
class OwnEngine:
    """What this pod knows of its own engine."""

    launch: str = ""
    """The last launch that was ordered."""
    state: EngineState = EngineState.UNKNOWN
    is_gone: bool = False
    """The entrypoint confirmed, after the last order, that nothing runs."""
    is_healthy: bool = False
    code: int | None = None


@dataclass(frozen=True)
class Ending:
    """Whether this pod got SIGTERM (asked), and took its turn (terminating); both can be taken back."""

    asked: bool = False
    terminating: bool = False


# Events


@dataclass(frozen=True)
class Own:
    """What this pod knows of itself, told again and again as time passes."""

    engine: OwnEngine
    ending: Ending = Ending()
    is_idle: bool = True
    """No request is in flight."""


@dataclass(frozen=True)
class Heard:
    """A peer answered a GET that was sent at `sent`."""

    answer: LeaderAnswer | WorkerAnswer
    sent: float


@dataclass(frozen=True)
class Stalled:
    """Requests run, and the engine's counters have not moved for too long."""

    reason: str


Event = Heard | Own | Stalled


# Actions, carried out in their order; what comes before Publish must succeed before it


@dataclass(frozen=True)
class Keep(Action):
    """Write group.json."""

    record: Record


@dataclass(frozen=True)
class Lease(Action):
    """Let this launch run until then."""

    launch: str
    until: float


@dataclass(frozen=True)
class Publish(Action):
    """Tell the peers."""


@dataclass(frozen=True)
class CutStreams(Action):
    """Break what is in flight at once: nobody will finish it."""

    reason: str


@dataclass(frozen=True)
class Release(Action):
    """The pod may end."""
