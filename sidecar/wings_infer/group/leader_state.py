"""What the leader of a group knows."""

from __future__ import annotations

from dataclasses import dataclass, field

from wings_infer.group.answers import Phase, WorkerAnswer
from wings_infer.group.rules import Ending, OwnEngine, Rules


@dataclass(frozen=True)
class Seat:
    """What the leader knows of one worker."""

    answer: WorkerAnswer | None = None
    sent: float = 0.0
    """When the GET was sent that the latest answer came to."""
    heard: float = float("-inf")
    """When that answer came."""
    changed: float = 0.0
    """Since when it has been the same."""
    was_alive: bool = False
    """Its engine was seen alive in the present generation."""


@dataclass(frozen=True)
class End:
    """Why a generation is over."""

    reason: str
    kind: str
    counts: bool = True
    """It is a failure: the next start may have to wait."""


@dataclass(frozen=True)
class LeaderState:
    """Everything the decisions depend on."""

    rules: Rules
    generation: str
    phase: Phase = Phase.GATHER
    since: float = 0.0
    """When the phase began."""
    members: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    attempt: int = 0
    counter: int = 1
    fence_until: float = 0.0
    start_after: float = 0.0
    started: float = 0.0
    lease_until: float = 0.0
    seats: tuple[Seat, ...] = ()
    engine: OwnEngine = OwnEngine()
    sick_since: float | None = None
    ending: Ending = Ending()
    is_idle: bool = True
    stalled: str = ""
    is_released: bool = False
    last_end: End | None = None
    ends: dict[str, int] = field(default_factory=dict)
    """Generations that ended, by kind."""

    @property
    def is_asked(self) -> bool:
        """A member got SIGTERM."""
        return self.ending.asked or any(seat.answer and seat.answer.asked for seat in self.seats)


def name_of(state: LeaderState, index: int) -> str:
    """A worker's pod in words."""
    answer = state.seats[index - 1].answer
    return f"pod {index} ({answer.name})" if answer and answer.name else f"pod {index}"
