"""The gate before a pod's own engine: a cap on what is in flight, and a bounded queue before it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from wings_infer.control.lifecycle import ENGINE_HOST, Lifecycle
from wings_infer.control.states import State
from wings_infer.gateway.engine import Pool
from wings_infer.gateway.exchange import Exchange
from wings_infer.gateway.gate import Gate
from wings_infer.gateway.generate_exchange import GenerateExchange
from wings_infer.gateway.routes import Forward
from wings_infer.settings import Settings
from wings_infer.wire.answers import NOT_TAKEN, Answer, error_answer
from wings_infer.wire.requests import Request

if TYPE_CHECKING:
    from wings_infer.gateway.client import ClientConnection

CHECK_SECONDS = 2.0
_RETRY_AFTER = {State.STARTING: 15, State.LOADING: 10, State.READY: 1, State.UNHEALTHY: 2}


class EngineGate(Gate):
    """Lets exchanges through while the engine serves and there is room."""

    waiting: OrderedDict[Exchange, None]

    def __init__(self, settings: Settings, lifecycle: Lifecycle, pool: Pool | None = None) -> None:
        super().__init__()
        self.settings = settings
        self.lifecycle = lifecycle
        self._control = lifecycle.control
        self._pool = pool or Pool((ENGINE_HOST, settings.engine_port))
        self.waiting = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_serving(self) -> bool:
        """The engine serves."""
        return self._control.is_serving

    @property
    def sends_away(self) -> bool:
        """The pod stays, but will refuse requests in a moment."""
        return self._control.sends_away

    @property
    def is_empty(self) -> bool:
        """No request is at the engine or on its way."""
        return super().is_empty and not self._tasks

    @property
    def is_working(self) -> bool:
        """The engine has a whole request, and nobody but the engine holds its reply up."""
        return any(exchange.waits_for_engine for exchange in self.in_flight)

    def exchange(self, client: ClientConnection, request: Request, forward: Forward) -> Exchange:
        """Its body is changed only where the route says so."""
        kind = GenerateExchange if forward.is_translated else Exchange
        return kind(client, request, forward)

    def enter(self, exchange: Exchange) -> None:
        """Starts the exchange, lets it wait, or refuses it."""
        if self._control.is_serving:
            self._admit(exchange)
        elif self.lifecycle.control.state is State.UNHEALTHY:
            self._ask_first(exchange)
        else:
            exchange.refuse(self._not_ready())

    def leave(self, exchange: Exchange) -> None:
        """The exchange is over; the next one takes its place."""
        if exchange in self.in_flight:
            self.in_flight.remove(exchange)
            if self.waiting:
                self._let_next_in()
        else:
            self.waiting.pop(exchange, None)

    def unreachable(self, exchange: Exchange, error: Exception) -> None:
        """The engine does not listen, or does not accept."""
        if isinstance(error, ConnectionRefusedError):
            self.lifecycle.engine_refused()
        if not exchange.is_over:
            reason = "the engine cannot be reached"
            exchange.refuse(error_answer(503, reason, retry_after=1, fields=NOT_TAKEN))

    def suspect(self, _exchange: Exchange) -> None:
        """Looks at once whether the engine is well."""
        self.lifecycle.engine_suspected()

    def sweep(self, now: float) -> None:
        """Refuses what has waited for too long, closes what has been idle for too long."""
        while self.waiting:
            exchange = next(iter(self.waiting))
            if exchange.started >= now - self.settings.max_wait:
                break
            self.waiting.pop(exchange)
            exchange.refuse(_too_many("no place became free in time"))
        self._pool.close_idle(now - self.settings.engine_idle_timeout)

    def _admit(self, exchange: Exchange) -> None:
        if len(self.in_flight) < self.settings.max_in_flight:
            self.in_flight.add(exchange)
            exchange.start(self._pool)
        elif len(self.waiting) < self.settings.max_waiting:
            self.waiting[exchange] = None
        else:
            exchange.refuse(_too_many("too many requests are waiting"))

    def _let_next_in(self) -> None:
        if self.waiting and len(self.in_flight) < self.settings.max_in_flight:
            exchange, _ = self.waiting.popitem(last=False)
            exchange.client.active_at = monotonic()
            self.in_flight.add(exchange)
            exchange.start(self._pool)

    def _ask_first(self, exchange: Exchange) -> None:
        """The engine may be back since the last health request: ask it instead of guessing."""
        if len(self._tasks) >= self.settings.max_waiting:
            exchange.refuse(_too_many("too many requests are waiting"))
            return
        task = asyncio.get_running_loop().create_task(self._enter_after_check(exchange))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _enter_after_check(self, exchange: Exchange) -> None:
        is_serving = await self.lifecycle.check_now(CHECK_SECONDS)
        if exchange.is_over:
            return
        if is_serving:
            self._admit(exchange)
        else:
            exchange.refuse(self._not_ready())

    def _not_ready(self) -> Answer:
        seconds = _RETRY_AFTER.get(self.lifecycle.control.state, 1)
        refusal = error_answer(503, self.lifecycle.explain(), retry_after=seconds, fields=NOT_TAKEN)
        return replace(refusal, sends_away=True)


def _too_many(reason: str) -> Answer:
    return error_answer(429, reason, retry_after=1)
