"""What runs beside the lifecycle in a group: reading the peers, watching the engine's progress."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from wings_infer.control.clock import uptime
from wings_infer.control.engine_life import Action
from wings_infer.environment import split_address
from wings_infer.errors import BadMessage
from wings_infer.gateway.engine_gate import EngineGate
from wings_infer.group.control import GroupControl
from wings_infer.group.peers import Reading, read_peer
from wings_infer.group.stall import Progress, sum_counters
from wings_infer.service_names import qualify, read_domain
from wings_infer.settings import Settings
from wings_infer.wire.fetch import fetch

LOOK_SECONDS = 0.2
SAMPLES = 12
"""Samples of the engine's counters in the time that makes a stall."""
METRICS_LIMIT = 16 * 1024 * 1024


class GroupWatch:
    """Hands what it learns to the control, and what that decides to `apply`."""

    def __init__(
        self, settings: Settings, control: GroupControl, gate: EngineGate,
        apply: Callable[[list[Action]], None],
    ) -> None:  # fmt: skip
        self.settings, self.group = settings, control.group
        self.control, self.gate, self.apply = control, gate, apply
        self._domain = read_domain()

    async def run(self) -> None:
        """Reads until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for index in range(1, self.group.size) if self.group.leads else (0,):
                tasks.create_task(read_peer(self._reading(index), self.group.patience))
            if self.group.lower_leaders:
                tasks.create_task(self._read_lower_groups())
            if self.group.leads and self.group.stall and self.group.progress:
                tasks.create_task(self._watch_progress())

    def _reading(self, index: int) -> Reading:
        host, port = self.group.address(index, self.settings.cluster_port)

        def on_answer(content: bytes, sent: float) -> None:
            self.apply(self.control.on_answer(index, content, sent, uptime()))

        return Reading(
            qualify(host, self._domain),
            port,
            on_answer,
            lambda error: self.control.on_silence(index, error, uptime()),
        )

    async def _read_lower_groups(self) -> None:
        """Only while this pod waits for its turn."""
        while not self.control.end.ending.asked:
            await asyncio.sleep(LOOK_SECONDS)
        async with asyncio.TaskGroup() as tasks:
            for number, address in enumerate(self.group.lower_leaders):
                host, port = split_address(address, self.settings.cluster_port)
                reading = Reading(
                    qualify(host, self._domain),
                    port,
                    partial(self._lower_answer, number),
                    partial(self._lower_silence, number),
                )
                tasks.create_task(read_peer(reading, self.group.patience))

    def _lower_answer(self, number: int, content: bytes, _sent: float) -> None:
        self.control.end.on_lower_answer(number, content)

    def _lower_silence(self, number: int, error: Exception) -> None:
        self.control.end.on_lower_silence(number, error, uptime())

    async def _watch_progress(self) -> None:
        progress = Progress(self.group.stall)
        while True:
            await asyncio.sleep(self.group.stall / SAMPLES)
            is_working = self.gate.is_working
            total = await self._count() if is_working else None
            if progress.is_stalled(total, is_working and self.gate.is_working, uptime()):
                reason = f"requests run, and the engine has not moved for {self.group.stall:g} s"
                self.apply(self.control.on_stall(reason, uptime()))

    async def _count(self) -> float | None:
        settings = self.settings
        try:
            fetched = await fetch(
                "127.0.0.1",
                settings.engine_port,
                settings.metrics_path,
                self.group.patience,
                METRICS_LIMIT,
            )
        except (OSError, TimeoutError, BadMessage):
            return None
        return sum_counters(fetched.content, self.group.progress)
