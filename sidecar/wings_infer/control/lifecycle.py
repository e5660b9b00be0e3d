"""Runs one engine's life: reads reports, asks for health, carries the decisions out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from wings_infer.control.clock import uptime
from wings_infer.control.control import Control, Limits
from wings_infer.control.engine_life import Action, EngineLife, Launch, Stop
from wings_infer.control.engine_output import LastErrors
from wings_infer.control.engine_status import EngineStatus, read_beat, read_engine_status
from wings_infer.control.start_command import (
    StartCommand,
    new_launch_id,
    read_start_command,
    write_start_command,
)
from wings_infer.control.states import State
from wings_infer.control.stop_order import read_stopped_launch, write_stop_order
from wings_infer.errors import BadFile, BadMessage
from wings_infer.group.control import GroupControl
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
        self.control: EngineLife = (
            GroupControl(settings, tell) if settings.group else Control(_limits(settings), new_launch_id)
        )
        self._probes = settings.group is None or settings.group.leads
        """A worker's engine may have no HTTP at all."""
        self.terminated = asyncio.Event()
        """Set when this program has to end: by a signal here, or seen at the engine's container."""
        self._status: EngineStatus | None = None
        self._check_now = asyncio.Event()
        self._checked = asyncio.Condition()
        self._checks_begun = self._checks_done = 0
        self._told: tuple[State, str] | None = None
        self._file_problem = ""
        self._errors = LastErrors(settings.shared_dir)

    async def run(self) -> None:
        """Follows the engine until cancelled."""
        self._adopt()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            if self._probes:
                group.create_task(self._probe())

    def terminate(self) -> None:
        """This program was told to end."""
        self.control.on_terminate(uptime())
        self._note_leaving()
        self._tell_state()

    def apply(self, actions: Sequence[Action]) -> None:
        """Carries decisions out, in their order; the rest is dropped where one cannot be."""
        for action in actions:
            try:
                self._carry_out(action)
            except OSError as error:
                self._tell_once(f"cannot write to {self.settings.shared_dir}: {error}")
                self.control.on_order_lost(uptime())
                return

    def engine_refused(self) -> None:
        """The forwarding path found nothing listening on the engine's port."""
        self.control.on_miss("connection refused", uptime(), refused=True)
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
        if isinstance(control, GroupControl):
            await self._wait_while(lambda: not control.may_leave(uptime()), self.settings.grace)
            return
        await self._wait_while(lambda: control.is_alive and not control.is_terminating, NOTICE_SECONDS)
        if control.is_alive and control.is_terminating:
            write_stop_order(self.settings.shared_dir, control.launch, "released", is_failure=False)
            await self._wait_while(lambda: control.is_alive, self.settings.stop + 2)
        control.on_released(uptime())
        self._tell_state()

    def explain(self) -> str:
        """Why no request is served; empty when requests are served."""
        return self.control.explain(uptime())

    async def _wait_while(self, fact: Callable[[], bool], timeout: float) -> None:
        end = uptime() + timeout
        while fact() and uptime() < end:
            await asyncio.sleep(FOLLOW_SECONDS)

    def _adopt(self) -> None:
        shared = self.settings.shared_dir
        command = read_start_command(shared, self.settings.argv)
        if command:
            self.control.adopt(command.launch, command.failures)
            if read_stopped_launch(shared) == command.launch:
                self.control.ordered(Stop(command.launch, "", is_failure=False), uptime())
        self._read_status()
        self.apply(self.control.begin(uptime()))

    async def _follow(self) -> None:
        while True:
            self._read_status()
            self.apply(self.control.on_tick(uptime()))
            self._note_leaving()
            self._tell_state()
            await asyncio.sleep(FOLLOW_SECONDS)

    def _note_leaving(self) -> None:
        if self.control.is_leaving:
            self.terminated.set()

    def _read_status(self) -> None:
        """The beat first: what is reported is then at least as new."""
        beat = read_beat(self.settings.shared_dir) if self.settings.group else None
        try:
            status = read_engine_status(self.settings.shared_dir)
        except (BadFile, OSError) as error:
            self._tell_once(str(error))
            return
        if status and status != self._status:
            self._status = status
            age = max(0.0, (datetime.now(UTC) - status.time).total_seconds())
            self.control.on_status(status, uptime(), age)
            for line in self._errors.read(status.launch):
                self.tell(f"the engine printed: {line}")
        if beat is not None:
            self.control.on_beat(beat)

    def _carry_out(self, action: Action) -> None:
        shared = self.settings.shared_dir
        if isinstance(action, Launch):
            self.tell(f"orders the engine to start, launch {action.launch}")
            write_start_command(shared, self._command(action))
            self._status = None
            self.control.ordered(action, uptime())
        elif isinstance(action, Stop):
            self.tell(f"orders the engine to stop: {action.reason}")
            write_stop_order(shared, action.launch, action.reason, is_failure=action.is_failure)
            self.control.ordered(action, uptime())
        else:
            self.control.carry_out(action)

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
            self.control.on_miss(reason, uptime(), refused=refused)
        else:
            self.control.on_healthy(uptime())
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
