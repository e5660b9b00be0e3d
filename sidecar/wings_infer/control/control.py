"""Decides what happens to the engine; knows no files, sockets or clocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wings_infer.control.engine_status import ENDED, EngineStatus
from wings_infer.control.states import Event, State, next_state

RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class Launch:
    """Action: run the engine under this launch id."""

    launch: str
    failures: int


@dataclass(frozen=True)
class Stop:
    """Action: stop the engine of this launch."""

    launch: str
    reason: str
    is_failure: bool


Action = Launch | Stop


@dataclass(frozen=True)
class Limits:
    """Times in seconds and counts that the decisions depend on."""

    load_deadline: float
    unhealthy_deadline: float
    health_failures: int
    backoff: tuple[float, ...]
    proven: float


class Control:
    """One engine's life. Events come in with the time in monotonic seconds, actions go out."""

    def __init__(self, limits: Limits, new_launch_id: Callable[[int], str]) -> None:
        self.limits = limits
        self.new_launch_id = new_launch_id
        self.state = State.STARTING
        self.since = 0.0
        self.launch = ""
        self.failures = 0
        self.restarts = 0
        self.reason = "the engine has not been started"
        self.problem = ""
        self.is_alive = False
        """The engine of the ordered launch has a process."""
        self.is_serving = False
        """A request sent to the engine now would be served."""
        self.is_terminating = False
        """The engine's container was told to end."""
        self._launches = 0
        self._misses = 0
        self._start_at: float | None = 0.0
        self._loading_since = 0.0
        self._is_stopping = False

    def adopt(self, launch: str, failures: int) -> None:
        """An earlier run of this program ordered this launch: go on with it."""
        self.launch, self.failures, self._start_at = launch, failures, None
        self._launches = int(launch.partition("-")[0]) if launch.partition("-")[0].isdecimal() else 1
        self.reason = "waiting for the engine's container"

    def on_tick(self, now: float) -> list[Action]:
        """Time passed: starts that are due, deadlines that are over."""
        if self._start_at is not None and now >= self._start_at and not self._is_ending:
            return [self._order_launch(now)]
        reason = self._overdue(now)
        if reason and not self._is_stopping:
            self._is_stopping = True
            self.is_serving = False
            self.reason = reason
            return [Stop(self.launch, reason, is_failure=True)]
        return []

    def on_order_lost(self, now: float) -> None:
        """The last action could not be carried out: decide again, a little later."""
        if self._is_stopping:
            self._is_stopping = False
        else:
            self._start_at = now + RETRY_SECONDS

    def on_status(self, status: EngineStatus, now: float, age: float) -> None:
        """The entrypoint reported; `age` is how old the report is, in seconds."""
        self.is_terminating = status.terminating
        self.problem = status.problem
        if status.launch != self.launch:
            return
        if status.is_alive and not self.is_alive and self._start_at is None:
            self._engine_runs(now, now - age)
        elif status.state in ENDED and not self._knows_end:
            self._engine_ended(f"{status.state} with code {status.code}", now, status.state == "failed")
        elif status.state == "waiting" and not self._knows_end:
            self._engine_ended("was killed together with its container", now, is_failure=True)

    def on_healthy(self, now: float) -> None:
        """A health request was answered well."""
        self._misses = 0
        if self.is_alive and not self._is_stopping:
            self.is_serving = True
            self._move(Event.HEALTHY, now, "")

    def on_miss(self, reason: str, now: float, *, refused: bool = False) -> None:
        """A health request failed, or (refused) nothing listens on the engine's port."""
        self._misses += 1
        if refused or self._misses >= self.limits.health_failures:
            self.is_serving = False
            if self.state in {State.READY, State.UNHEALTHY}:
                self._forgive(now)
                self._move(Event.SICK, now, f"the engine does not answer: {reason}")

    def on_terminate(self, now: float) -> None:
        """The pod was told to end."""
        self._move(Event.TERMINATE, now, "the pod ends")

    def on_released(self, now: float) -> None:
        """Nothing is left to do for the engine."""
        self.is_serving = False
        self._move(Event.RELEASED, now, "the pod ended")

    def explain(self, now: float) -> str:
        """Why no request is served, in words; empty when requests are served."""
        if self.state is State.READY and self.is_serving:
            return ""
        if self.state is State.LOADING:
            text = f"the engine is loading for {now - self._loading_since:.0f} s"
        else:
            text = self.reason
        return f"{text} ({self.problem})" if self.problem else text

    @property
    def _is_ending(self) -> bool:
        return self.is_terminating or self.state in {State.DRAINING, State.STOPPED}

    @property
    def _knows_end(self) -> bool:
        return not self.is_alive and self._start_at is not None

    def _overdue(self, now: float) -> str:
        limits = self.limits
        if self.state is State.LOADING and now - self._loading_since > limits.load_deadline:
            return f"the engine was not ready within {limits.load_deadline:g} s"
        waited = now - self.since
        if self.state is State.UNHEALTHY and 0 < limits.unhealthy_deadline < waited:
            return f"the engine was unhealthy for {limits.unhealthy_deadline:g} s"
        return ""

    def _order_launch(self, now: float) -> Launch:
        if self._launches:
            self.restarts += 1
        self._launches += 1
        self.launch = self.new_launch_id(self._launches)
        self._start_at = None
        self._is_stopping = False
        self.since = now if not self.failures else self.since
        if not self.failures:
            self.reason = "waiting for the engine's container"
        return Launch(self.launch, self.failures)

    def _engine_runs(self, now: float, started: float) -> None:
        self.is_alive = True
        self._misses = 0
        self._loading_since = started
        self._move(Event.RUNS, now, "")

    def _engine_ended(self, how: str, now: float, is_failure: bool) -> None:
        self._forgive(now)
        reason = self.reason if self._is_stopping else f"the engine {how}"
        self.is_alive = self.is_serving = False
        backoff = self.limits.backoff
        wait = backoff[min(self.failures, len(backoff) - 1)] if is_failure or self._is_stopping else 0.0
        self.failures += is_failure or self._is_stopping
        self._start_at = now + wait
        if not self._is_ending:
            self._move(Event.ENDED, now, "")
            self.since, self.reason = now, f"{reason}; the next start is after {wait:g} s"

    def _forgive(self, now: float) -> None:
        """Leaving a long time of being ready: what failed before that says nothing any more."""
        if self.state is State.READY and now - self.since >= self.limits.proven:
            self.failures = 0

    def _move(self, event: Event, now: float, reason: str) -> None:
        state = next_state(self.state, event)
        if state is not self.state:
            self.state, self.since, self.reason = state, now, reason
