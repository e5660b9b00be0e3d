"""Decides what happens to the engine of a pod that is alone; knows no files, sockets or clocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wings_infer.control.engine_life import Action, EngineLife, Launch, Stop
from wings_infer.control.states import Event, State, next_state

RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """Times in seconds and counts that the decisions depend on."""

    load_deadline: float
    unhealthy_deadline: float
    health_failures: int
    backoff: tuple[float, ...]
    proven: float


class Control(EngineLife):
    """Starts the engine, and starts it again when it ends or is overdue."""

    def __init__(self, limits: Limits, new_launch_id: Callable[[int], str]) -> None:
        super().__init__(limits.health_failures)
        self.limits = limits
        self.new_launch_id = new_launch_id
        self._state = State.STARTING
        self._launches = 0
        self._start_at = 0.0
        self._is_stopping = False

    @property
    def state(self) -> State:
        """The state as people see it."""
        return self._state

    @property
    def is_serving(self) -> bool:
        """A request sent to the engine now would be served."""
        return self.answers

    @property
    def is_healthy(self) -> bool:
        """200 from /health: a request would be served, and the pod stays."""
        return self._state is State.READY and self.answers

    @property
    def is_leaving(self) -> bool:
        """The pod ends."""
        return self._state in {State.DRAINING, State.STOPPED}

    def adopt(self, launch: str, failures: int) -> None:
        """An earlier run of this program ordered this launch: go on with it."""
        super().adopt(launch, failures)
        self._launches = int(launch.partition("-")[0]) if launch.partition("-")[0].isdecimal() else 1
        self.reason = "waiting for the engine's container"

    def on_tick(self, now: float) -> list[Action]:
        """Time passed: starts that are due, deadlines that are over."""
        if self.is_terminating and self.is_alive:
            self.on_terminate(now)
        if not self._is_open and now >= self._start_at and not self._is_ending:
            return [self._order_launch(now)]
        reason = self._overdue(now)
        if reason and not self._is_stopping:
            self._is_stopping = True
            self.answers = False
            self.reason = reason
            return [Stop(self.launch, reason, is_failure=True)]
        return []

    def on_order_lost(self, now: float) -> None:
        """The last action could not be carried out: decide again, a little later."""
        if self._is_stopping:
            self._is_stopping = False
        else:
            self._is_open = False
            self._start_at = now + RETRY_SECONDS

    def on_healthy(self, now: float) -> None:
        """A health request was answered well; one that is being stopped never becomes ready."""
        if not self._is_stopping:
            super().on_healthy(now)

    def on_terminate(self, now: float) -> None:
        """The pod was told to end."""
        self._move(Event.TERMINATE, now, "the pod ends")

    def on_released(self, now: float) -> None:
        """Nothing is left to do for the engine."""
        self.answers = False
        self._move(Event.RELEASED, now, "the pod ended")

    def explain(self, now: float) -> str:
        """Why no request is served, in words; empty when requests are served."""
        if self.is_healthy:
            return ""
        if self._state is State.LOADING:
            text = f"the engine is loading for {now - self._loading_since:.0f} s"
        else:
            text = self.reason
        return f"{text} ({self.problem})" if self.problem else text

    @property
    def _is_ending(self) -> bool:
        return self.is_terminating or self.is_leaving

    def _overdue(self, now: float) -> str:
        limits = self.limits
        if self._state is State.LOADING and now - self._loading_since > limits.load_deadline:
            return f"the engine was not ready within {limits.load_deadline:g} s"
        waited = now - self.since
        if self._state is State.UNHEALTHY and 0 < limits.unhealthy_deadline < waited:
            return f"the engine was unhealthy for {limits.unhealthy_deadline:g} s"
        return ""

    def _order_launch(self, now: float) -> Launch:
        if self._launches:
            self.restarts += 1
        self._launches += 1
        self.launch = self.new_launch_id(self._launches)
        self._is_open = True
        self._is_stopping = False
        self.since = now if not self.failures else self.since
        if not self.failures:
            self.reason = "waiting for the engine's container"
        return Launch(self.launch, self.failures)

    def _engine_runs(self, now: float) -> None:
        self._move(Event.RUNS, now, "")

    def _engine_ended(self, how: str, now: float, is_failure: bool) -> None:
        self._forgive(now)
        reason = self.reason if self._is_stopping else f"the engine {how}"
        self.is_alive = self.answers = self._is_open = False
        backoff = self.limits.backoff
        wait = backoff[min(self.failures, len(backoff) - 1)] if is_failure or self._is_stopping else 0.0
        self.failures += is_failure or self._is_stopping
        self._start_at = now + wait
        if not self._is_ending:
            self._move(Event.ENDED, now, "")
            self.since, self.reason = now, f"{reason}; the next start is after {wait:g} s"

    def _became_healthy(self, now: float) -> None:
        self._move(Event.HEALTHY, now, "")

    def _became_sick(self, reason: str, now: float) -> None:
        if self._state in {State.READY, State.UNHEALTHY}:
            self._forgive(now)
            self._move(Event.SICK, now, f"the engine does not answer: {reason}")

    def _forgive(self, now: float) -> None:
        """Leaving a long time of being ready: what failed before that says nothing any more."""
        if self.state is State.READY and now - self.since >= self.limits.proven:
            self.failures = 0

    def _move(self, event: Event, now: float, reason: str) -> None:
        state = next_state(self._state, event)
        if state is not self._state:
            self._state, self.since, self.reason = state, now, reason
