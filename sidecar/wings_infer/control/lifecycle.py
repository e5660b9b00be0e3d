"""Runs one engine's life: reads reports, asks for health, carries the decisions out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from wings_infer.control.control import Action, Control, Launch, Limits
from wings_infer.control.engine_status import EngineStatus, read_engine_status
from wings_infer.control.start_command import (
    StartCommand,
    new_launch_id,
    read_start_command,
    write_start_command,
)
from wings_infer.control.states import State
from wings_infer.control.stop_order import write_stop_order
from wings_infer.errors import BadFile, BadMessage
from wings_infer.settings import Settings
from wings_infer.wire.fetch import fetch

ENGINE_HOST = "127.0.0.1"
FOLLOW_SECONDS = 0.1
NOTICE_SECONDS = 3.0
"""Both containers of a pod that ends are told at once; the other one's word may take this long."""
Tell = Callable[[str], None]


class Lifecycle:
    """The one home of the engine's life in this pod."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self.settings = settings
        self.tell = tell
        self.control = Control(_limits(settings), new_launch_id)
        self.terminated = asyncio.Event()
        """Set when the pod is ending: by a signal here, or seen at the engine's container."""
        self._status: EngineStatus | None = None
        self._check_now = asyncio.Event()
        self._checked = asyncio.Condition()
        self._checks_begun = self._checks_done = 0
        self._told: tuple[State, str] | None = None
        self._file_problem = ""

    async def run(self) -> None:
        """Follows the engine until cancelled."""
        command = read_start_command(self.settings.shared_dir, self.settings.argv)
        if command:
            self.control.adopt(command.launch, command.failures)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._probe())

    def terminate(self) -> None:
        """The pod was told to end."""
        self.control.on_terminate(time.monotonic())
        self.terminated.set()
        self._tell_state()

    def engine_refused(self) -> None:
        """The forwarding path found nothing listening on the engine's port."""
        self.control.on_miss("connection refused", time.monotonic(), refused=True)
        self._tell_state()
        self._check_now.set()

    def engine_suspected(self) -> None:
        """The forwarding path lost a connection: look at once."""
        self._check_now.set()

    async def check_now(self, timeout: float) -> bool:
        """Asks for health at once; whether a request would be served, after at most `timeout` s.

        A check that is under way does not count: the engine may have come back since it began.
        """
        next_one = self._checks_begun + 1
        self._check_now.set()
        try:
            async with asyncio.timeout(timeout), self._checked:
                await self._checked.wait_for(lambda: self._checks_done >= next_one)
        except TimeoutError:
            pass
        return self.control.is_serving

    async def release(self) -> None:
        """Ends the engine of a pod that ends; leaves the engine alone when only this program ends."""
        control = self.control
        await self._wait_while(lambda: control.is_alive and not control.is_terminating, NOTICE_SECONDS)
        if control.is_alive and control.is_terminating:
            write_stop_order(self.settings.shared_dir, control.launch, "released", is_failure=False)
            await self._wait_while(lambda: control.is_alive, self.settings.stop + 2)
        control.on_released(time.monotonic())
        self._tell_state()

    def explain(self) -> str:
        """Why no request is served; empty when requests are served."""
        return self.control.explain(time.monotonic())

    async def _wait_while(self, fact: Callable[[], bool], timeout: float) -> None:
        end = time.monotonic() + timeout
        while fact() and time.monotonic() < end:
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _follow(self) -> None:
        while True:
            self._read_status()
            if self.control.is_terminating and self.control.is_alive and not self.terminated.is_set():
                self.terminate()
            for action in self.control.on_tick(time.monotonic()):
                self._carry_out(action)
            self._tell_state()
            await asyncio.sleep(FOLLOW_SECONDS)

    def _read_status(self) -> None:
        try:
            status = read_engine_status(self.settings.shared_dir)
        except (BadFile, OSError) as error:
            self._tell_once(str(error))
            return
        if status and status != self._status:
            self._status = status
            age = max(0.0, (datetime.now(UTC) - status.time).total_seconds())
            self.control.on_status(status, time.monotonic(), age)

    def _carry_out(self, action: Action) -> None:
        shared = self.settings.shared_dir
        try:
            if isinstance(action, Launch):
                self.tell(f"orders the engine to start, launch {action.launch}")
                write_start_command(shared, self._command(action))
                self._status = None
            else:
                self.tell(f"orders the engine to stop: {action.reason}")
                write_stop_order(shared, action.launch, action.reason, is_failure=action.is_failure)
        except OSError as error:
            self._tell_once(f"cannot write to {shared}: {error}")
            self.control.on_order_lost(time.monotonic())

    def _command(self, action: Launch) -> StartCommand:
        return StartCommand(action.launch, action.failures, self.settings.model_path, self.settings.argv)

    async def _probe(self) -> None:
        while True:
            self._check_now.clear()
            self._checks_begun += 1
            if self.control.is_alive:
                await self._ask_health()
            async with self._checked:
                self._checks_done = self._checks_begun
                self._checked.notify_all()
            await self._pause()

    async def _pause(self) -> None:
        ready = self.control.state in {State.READY, State.DRAINING}
        seconds = self.settings.health_interval if ready else self.settings.load_interval
        try:
            async with asyncio.timeout(seconds if self.control.is_alive else FOLLOW_SECONDS):
                await self._check_now.wait()
        except TimeoutError:
            pass

    async def _ask_health(self) -> None:
        settings = self.settings
        launch = self.control.launch
        refused, reason = False, ""
        try:
            answer = await fetch(
                ENGINE_HOST, settings.engine_port, settings.health_path, settings.health_timeout
            )
            if answer.status != 200:
                reason = f"its health path answers {answer.status}"
        except TimeoutError:
            reason = f"no answer to a health request within {settings.health_timeout:g} s"
        except ConnectionRefusedError:
            refused, reason = True, "connection refused"
        except (OSError, BadMessage) as error:
            reason = str(error)
        if launch == self.control.launch:
            self._note_health(reason, refused)

    def _note_health(self, reason: str, refused: bool) -> None:
        if reason:
            self.control.on_miss(reason, time.monotonic(), refused=refused)
        else:
            self.control.on_healthy(time.monotonic())
        self._tell_state()

    def _tell_state(self) -> None:
        control = self.control
        if self._told != (control.state, control.reason):
            self._told = (control.state, control.reason)
            self.tell(f"{control.state}: {control.reason}" if control.reason else control.state)
        if control.problem:
            self._tell_once(control.problem)

    def _tell_once(self, problem: str) -> None:
        if problem != self._file_problem:
            self._file_problem = problem
            self.tell(problem)


def _limits(settings: Settings) -> Limits:
    return Limits(
        load_deadline=settings.load_deadline,
        unhealthy_deadline=settings.unhealthy_deadline,
        health_failures=settings.health_failures,
        backoff=settings.backoff or (0.0,),
        proven=settings.proven,
    )
