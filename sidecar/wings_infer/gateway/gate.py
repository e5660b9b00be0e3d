"""Who may go to the engine now: a cap on what is in flight, and a bounded queue before it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

from wings_infer.control.lifecycle import Lifecycle
from wings_infer.control.states import State
from wings_infer.wire.answers import Answer, error_answer

if TYPE_CHECKING:
    from wings_infer.gateway.exchange import Exchange

CHECK_SECONDS = 2.0
_RETRY_AFTER = {State.STARTING: 15, State.LOADING: 10, State.READY: 1, State.UNHEALTHY: 2}


class Gate:
    """Lets exchanges through while the engine serves and there is room."""

    def __init__(self, lifecycle: Lifecycle, max_in_flight: int, max_waiting: int) -> None:
        self.lifecycle = lifecycle
        self._control = lifecycle.control
        self.max_in_flight = max_in_flight
        self.max_waiting = max_waiting
        self.in_flight: set[Exchange] = set()
        self.waiting: OrderedDict[Exchange, None] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_empty(self) -> bool:
        """No request is at the engine or on its way."""
        return not self.in_flight and not self.waiting and not self._tasks

    @property
    def is_working(self) -> bool:
        """The engine has a whole request, and nobody but the engine holds its reply up."""
        return any(exchange.waits_for_engine for exchange in self.in_flight)

    def cut_all(self, reason: str) -> None:
        """Ends every exchange at once: the engine will not finish them."""
        refusal = error_answer(503, reason, retry_after=_RETRY_AFTER[State.STARTING])
        answer = replace(refusal, sends_away=True)
        for exchange in [*self.waiting, *self.in_flight]:
            if exchange.is_answered:
                exchange.broken(reason)
            else:
                exchange.refuse(answer)

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

    def refuse_waiting(self, before: float) -> None:
        """Refuses what has waited since before this time."""
        while self.waiting:
            exchange = next(iter(self.waiting))
            if exchange.started >= before:
                break
            self.waiting.pop(exchange)
            exchange.refuse(_too_many("no place became free in time"))

    def _admit(self, exchange: Exchange) -> None:
        if len(self.in_flight) < self.max_in_flight:
            self.in_flight.add(exchange)
            exchange.start()
        elif len(self.waiting) < self.max_waiting:
            self.waiting[exchange] = None
        else:
            exchange.refuse(_too_many("too many requests are waiting"))

    def _let_next_in(self) -> None:
        if self.waiting and len(self.in_flight) < self.max_in_flight:
            exchange, _ = self.waiting.popitem(last=False)
            self.in_flight.add(exchange)
            exchange.start()

    def _ask_first(self, exchange: Exchange) -> None:
        """The engine may be back since the last health request: ask it instead of guessing."""
        if len(self._tasks) >= self.max_waiting:
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
        return replace(error_answer(503, self.lifecycle.explain(), retry_after=seconds), sends_away=True)


def _too_many(reason: str) -> Answer:
    return error_answer(429, reason, retry_after=1)
