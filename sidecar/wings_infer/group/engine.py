"""The engine of a group's pod, as its entrypoint reports it and as it was ordered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wings_infer.control.engine_life import EngineLife, Launch, Stop
from wings_infer.control.engine_status import EngineStatus
from wings_infer.group.answers import ALIVE, EngineState
from wings_infer.group.rules import OwnEngine

if TYPE_CHECKING:
    from wings_infer.settings import Settings

FRESH_SECONDS = 5.0
"""An entrypoint that gave no beat for this long may be gone, or frozen."""


class GroupEngine(EngineLife):
    """What is known of the engine, for whoever decides."""

    def __init__(self, settings: Settings, tell: Callable[[str], None], lease: float) -> None:
        super().__init__(settings.health_failures)
        self.tell = tell
        self.generations = 0
        """How often the engine was ordered to start."""
        self._lease = lease
        self._code: int | None = None
        self._reported = ""
        self._is_stop_ordered = False
        self._ordered_at = 0.0
        self._beat = float("-inf")

    def on_status(self, status: EngineStatus, now: float, age: float) -> None:
        """The entrypoint reported."""
        if status.launch == self.launch:
            self._reported, self._code = status.state, status.code
        super().on_status(status, now, age)

    def on_beat(self, beat: float) -> None:
        """The entrypoint lived at this second of uptime."""
        self._beat = beat

    def ordered(self, action: Launch | Stop, now: float) -> None:
        """The order is on disk: reports older than it say nothing about what runs."""
        self._ordered_at = now
        if isinstance(action, Launch):
            self.restarts += self.launch != ""
            self.generations += 1
            self.launch, self._is_open, self._is_stop_ordered = action.launch, True, False
            self.is_alive = self.answers = False
            self._code, self._reported = None, ""
        elif action.launch == self.launch:
            self._is_stop_ordered = True
            self.answers = False

    def own_engine(self, now: float) -> OwnEngine:
        """What the files say of the engine."""
        is_current = self._beat > self._ordered_at and -1.0 < now - self._beat < FRESH_SECONDS
        is_current = is_current or (self.is_terminating and not self.is_alive)  # its last word
        is_lost = self._is_open and now - max(self._beat, self._ordered_at) > self._lease
        if self._is_open and not self.is_alive and self._is_stop_ordered and is_current:
            self._is_open = False  # an order that was never taken, and never will be
        state = EngineState.UNKNOWN if is_lost else self._engine_state(is_current)
        is_gone = not self._is_open and is_current
        is_healthy = self.answers and state in ALIVE
        return OwnEngine(self.launch, state, is_gone, is_healthy, self._code)

    def _engine_state(self, is_current: bool) -> EngineState:
        if self._is_open:
            if self._is_stop_ordered or self._reported == "stopping":
                return EngineState.STOPPING
            return EngineState.RUNNING if self._reported == "running" else EngineState.STARTING
        if not is_current:
            return EngineState.UNKNOWN
        return EngineState.EXITED if self.launch else EngineState.NONE

    # The engine, by its reports

    def _engine_runs(self, _now: float) -> None:
        pass

    def _engine_ended(self, how: str, _now: float, _is_failure: bool) -> None:
        self.tell(f"the engine {how}")
        self.is_alive = self.answers = self._is_open = False

    def _became_healthy(self, _now: float) -> None:
        pass

    def _became_sick(self, _reason: str, _now: float) -> None:
        pass
