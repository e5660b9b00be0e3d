"""The states of the engine as clients and operators see them, and what moves between them."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Names that people read in /health, /engine/status, metrics and logs."""

    STARTING = "starting"
    """No engine process yet: its container comes up, or a wait between two starts."""
    LOADING = "loading"
    """The engine's process runs and is not healthy yet."""
    READY = "ready"
    UNHEALTHY = "unhealthy"
    """It was ready and no longer answers its health requests."""
    DRAINING = "draining"
    """The pod ends: requests are finished, then the engine is released."""
    STOPPED = "stopped"


class Event(StrEnum):
    """What moves the engine from state to state."""

    RUNS = "the engine's process runs"
    ENDED = "the engine's process ended"
    HEALTHY = "a health request was answered well"
    SICK = "too many health requests failed, or the engine refused a connection"
    TERMINATE = "the pod was told to end"
    RELEASED = "the engine of a pod that ends is gone"


NEXT: dict[tuple[State, Event], State] = {
    (State.STARTING, Event.RUNS): State.LOADING,
    (State.STARTING, Event.TERMINATE): State.DRAINING,
    (State.LOADING, Event.HEALTHY): State.READY,
    (State.LOADING, Event.ENDED): State.STARTING,
    (State.LOADING, Event.TERMINATE): State.DRAINING,
    (State.READY, Event.SICK): State.UNHEALTHY,
    (State.READY, Event.ENDED): State.STARTING,
    (State.READY, Event.TERMINATE): State.DRAINING,
    (State.UNHEALTHY, Event.HEALTHY): State.READY,
    (State.UNHEALTHY, Event.ENDED): State.STARTING,
    (State.UNHEALTHY, Event.TERMINATE): State.DRAINING,
    (State.DRAINING, Event.RELEASED): State.STOPPED,
}


def next_state(state: State, event: Event) -> State:
    """Where the event leads; an event without a meaning in this state changes nothing."""
    return NEXT.get((state, event), state)
