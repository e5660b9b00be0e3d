"""The gate before all pods: to the least busy one now, or held until there is one."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from wings_infer.front_door.backends import Backend, Backends
from wings_infer.front_door.exchange import HeldExchange
from wings_infer.front_door.queue import Queue
from wings_infer.front_door.settings import FrontDoorSettings
from wings_infer.front_door.tallies import Tallies
from wings_infer.gateway.engine import Address
from wings_infer.gateway.exchange import Exchange
from wings_infer.gateway.gate import Gate
from wings_infer.settings import Settings
from wings_infer.wire.answers import Answer, error_answer

if TYPE_CHECKING:
    from wings_infer.gateway.client import ClientConnection
    from wings_infer.gateway.routes import Forward
    from wings_infer.wire.requests import Request

RETRY_AFTER = 15
"""Seconds, for who could not wait any longer."""


class DoorGate(Gate):
    """Every exchange has a backend, or waits, or is over."""

    waiting: Queue

    def __init__(
        self,
        settings: Settings,
        door: FrontDoorSettings,
        backends: Backends,
        look_now: Callable[[], None],
    ) -> None:
        super().__init__()
        self.settings, self.door = settings, door
        self.backends = backends
        self.tallies = Tallies()
        self.waiting = Queue()
        self.held_bytes = 0
        """Heads of requests that are not over, and what is kept of their bodies."""
        self._look_now = look_now

    @property
    def is_serving(self) -> bool:
        """A door serves also while no pod does."""
        return True

    @property
    def holds_too_much(self) -> bool:
        """No more bytes may be kept."""
        return self.held_bytes > self.door.hold_bytes

    def exchange(self, client: ClientConnection, request: Request, forward: Forward) -> HeldExchange:
        """One that may wait, and may be sent to another pod where nobody has begun with it."""
        return HeldExchange(client, request, forward, self)

    def enter(self, exchange: Exchange) -> None:
        """To a pod, or behind all who wait."""
        assert isinstance(exchange, HeldExchange)
        backend = None if self.waiting else self.backends.least_busy()
        if backend is not None:
            self._start(exchange, backend)
        elif len(self.waiting) >= self.settings.max_waiting:
            self.refuse(exchange, "waiting", "too many requests are waiting")
        elif self.holds_too_much:
            self.refuse_bytes(exchange)
        else:
            self._hold(exchange, is_back=False)

    def leave(self, exchange: Exchange) -> None:
        """The exchange is over; the next one takes its place."""
        assert isinstance(exchange, HeldExchange)
        self.held_bytes -= exchange.counted
        exchange.counted = 0
        if exchange.backend is not None:
            self._take_back(exchange)
            self.release()
        elif self.waiting.remove(exchange):
            self.tallies.note_held(monotonic() - exchange.held_since)

    def unreachable(self, exchange: Exchange, _error: Exception) -> None:
        """No byte was sent: another pod may get it."""
        assert isinstance(exchange, HeldExchange)
        if not exchange.is_over:
            self._go_elsewhere(exchange, "connect")

    def not_taken(self, exchange: HeldExchange) -> None:
        """The pod answered that nobody has begun with it: another one may get it."""
        self._go_elsewhere(exchange, "not-taken")

    def suspect(self, _exchange: Exchange) -> None:
        """A pod that breaks connections may be gone."""
        self._look_now()

    def avoid(self, exchange: HeldExchange) -> None:
        """The exchange's pod gets nothing for a while."""
        if exchange.backend is not None:
            self.backends.set_aside(exchange.backend, monotonic() + self.door.aside)
        self._look_now()

    def found(self, addresses: list[Address]) -> None:
        """These pods are ready, and no others."""
        self.backends.name(addresses)
        self.release()

    def release(self) -> None:
        """Who waits goes on, as far as there is room at the pods."""
        while self.waiting:
            backend = self.backends.least_busy()
            if backend is None:
                return
            exchange = self.waiting.pop()
            self.tallies.note_held(monotonic() - exchange.held_since)
            exchange.client.active_at = monotonic()
            self._start(exchange, backend)

    def sweep(self, now: float) -> None:
        """Refuses who has waited for too long, speaks to who asked for it, and lets in."""
        self.backends.sweep(now, now - self.settings.engine_idle_timeout)
        self.release()
        for exchange in list(self.waiting):
            if now - exchange.started > self.door.hold:
                self._refuse_late(exchange)
            else:
                exchange.speak(now)

    def refuse(self, exchange: HeldExchange, kind: str, reason: str) -> None:
        """503; `kind` is how it is counted."""
        self.tallies.refused[kind] += 1
        exchange.refuse(_unavailable(reason))

    def refuse_bytes(self, exchange: HeldExchange) -> None:
        """There is no room for what would have to be kept."""
        self.refuse(exchange, "bytes", "the requests that are waiting are too large together")

    def _start(self, exchange: HeldExchange, backend: Backend) -> None:
        exchange.backend = backend
        backend.in_flight += 1
        self.in_flight.add(exchange)
        exchange.start(backend)

    def _take_back(self, exchange: HeldExchange) -> None:
        backend, exchange.backend = exchange.backend, None
        assert backend is not None
        backend.in_flight -= 1
        self.in_flight.discard(exchange)

    def _go_elsewhere(self, exchange: HeldExchange, kind: str) -> None:
        self.tallies.retried[kind] += 1
        self.avoid(exchange)
        self._take_back(exchange)
        if monotonic() - exchange.started > self.door.hold:
            self._refuse_late(exchange)
            return
        backend = self.backends.least_busy()
        if backend is None:
            self._hold(exchange, is_back=True)
        else:
            self._start(exchange, backend)

    def _hold(self, exchange: HeldExchange, *, is_back: bool) -> None:
        exchange.held_since = monotonic()
        self.waiting.add(exchange, is_back=is_back)
        self._look_now()

    def _refuse_late(self, exchange: HeldExchange) -> None:
        is_full = len(self.backends) > self.backends.aside
        why = "all ready pods of the model are full" if is_full else "no pod of the model is ready"
        self.refuse(exchange, "deadline", f"{why}, and the request waited {self.door.hold:g} s for one")


def _unavailable(reason: str) -> Answer:
    return error_answer(503, reason, retry_after=RETRY_AFTER)
