"""What is known of this pod's engine, by its entrypoint's reports and its health path."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from wings_infer.control.engine_status import ENDED, EngineStatus
from wings_infer.control.states import State


class Action:
    """Something to be done outside."""


@dataclass(frozen=True)
class Launch(Action):
    """Action: run the engine under this launch id."""

    launch: str
    failures: int


@dataclass(frozen=True)
class Stop(Action):
    """Action: stop the engine of this launch."""

    launch: str
    reason: str
    is_failure: bool


class EngineLife(ABC):
    """One engine's life; who decides on it, one pod or a group, is the subclass.

    Events come in with the time in seconds of `uptime()`, actions go out.
    """

    def __init__(self, health_failures: int) -> None:
        self.launch = ""
        self.since = 0.0
        self.failures = 0
        self.restarts = 0
        self.reason = "the engine has not been started"
        self.problem = ""
        self.is_alive = False
        """The engine of the ordered launch has a process."""
        self.answers = False
        """The engine answers its health requests."""
        self.is_terminating = False
        """The engine's container was told to end."""
        self._health_failures = health_failures
        self._misses = 0
        self._is_open = False
        """A launch was ordered and its end is not known."""
        self._loading_since = 0.0

    @property
    @abstractmethod
    def is_serving(self) -> bool:
        """A request sent to the engine now would be served."""

    @property
    @abstractmethod
    def is_healthy(self) -> bool:
        """What probes of /health are told."""

    @property
    def sends_away(self) -> bool:
        """The pod stays, but will refuse requests in a moment."""
        return False

    @property
    @abstractmethod
    def state(self) -> State:
        """The state as people see it."""

    @abstractmethod
    def explain(self, now: float) -> str:
        """Why no request is served, in words; empty when requests are served."""

    @property
    @abstractmethod
    def is_leaving(self) -> bool:
        """This program has to end."""

    @abstractmethod
    def on_tick(self, now: float) -> list[Action]:
        """Time passed."""

    @abstractmethod
    def on_terminate(self, now: float) -> None:
        """This program was told to end."""

    @abstractmethod
    def on_released(self, now: float) -> None:
        """Nothing is left to do for the engine."""

    @abstractmethod
    def on_order_lost(self, _now: float) -> None:
        """The last action could not be carried out: decide again."""

    def begin(self, _now: float) -> list[Action]:
        """The files of an earlier run have been read."""
        return []

    def on_beat(self, beat: float) -> None:  # noqa: B027
        """The entrypoint lived at this second of uptime; only those of groups tell."""

    def ordered(self, action: Launch | Stop, now: float) -> None:  # noqa: B027
        """The order is on disk."""

    def carry_out(self, action: Action) -> None:  # noqa: B027
        """Does what only this kind of control has to do. Raises OSError."""

    def may_leave(self, _now: float) -> bool:
        """Nobody needs this program any more."""
        return True

    def adopt(self, launch: str, failures: int) -> None:
        """An earlier run of this program ordered this launch: go on with it."""
        self.launch, self.failures, self._is_open = launch, failures, True

    def on_status(self, status: EngineStatus, now: float, age: float) -> None:
        """The entrypoint reported; `age` is how old the report is, in seconds."""
        self.is_terminating = status.terminating
        self.problem = status.problem
        if status.launch != self.launch or not self._is_open:
            return
        if status.is_alive and not self.is_alive:
            self.is_alive = True
            self._misses = 0
            self._loading_since = now - age
            self._engine_runs(now)
        elif status.state in ENDED:
            how = f"{status.state} with code {status.code}"
            self._engine_ended(how, now, status.state == "failed")
        elif status.state == "waiting":
            self._engine_ended("was killed together with its container", now, True)

    def on_healthy(self, now: float) -> None:
        """A health request was answered well."""
        self._misses = 0
        if self.is_alive:
            self.answers = True
            self._became_healthy(now)

    def on_miss(self, reason: str, now: float, *, refused: bool = False) -> None:
        """A health request failed, or (refused) nothing listens on the engine's port."""
        self._misses += 1
        if refused or self._misses >= self._health_failures:
            self.answers = False
            self._became_sick(reason, now)

    @abstractmethod
    def _engine_runs(self, _now: float) -> None: ...

    @abstractmethod
    def _engine_ended(self, how: str, _now: float, _is_failure: bool) -> None: ...

    @abstractmethod
    def _became_healthy(self, _now: float) -> None: ...

    @abstractmethod
    def _became_sick(self, _reason: str, _now: float) -> None: ...
