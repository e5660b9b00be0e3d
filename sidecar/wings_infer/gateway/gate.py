"""Who may go on now, by which connections, and who waits: what every gate promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from wings_infer.wire.answers import error_answer

if TYPE_CHECKING:
    from wings_infer.gateway.client import ClientConnection
    from wings_infer.gateway.exchange import Exchange
    from wings_infer.gateway.routes import Forward
    from wings_infer.wire.requests import Request


class Waiting(Protocol):
    """Exchanges that wait, the first comer first."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Exchange]: ...


class Gate(ABC):
    """Lets exchanges through, lets them wait, or refuses them."""

    waiting: Waiting

    def __init__(self) -> None:
        self.in_flight: set[Exchange] = set()

    @property
    @abstractmethod
    def is_serving(self) -> bool:
        """A request that came now would be served, as far as is known."""

    @property
    def sends_away(self) -> bool:
        """Connections end with the answer that they carry: their clients find another pod."""
        return False

    @property
    def is_empty(self) -> bool:
        """No request is here."""
        return not self.in_flight and not self.waiting

    @abstractmethod
    def exchange(self, client: ClientConnection, request: Request, forward: Forward) -> Exchange:
        """A new exchange of the kind that this gate lets through."""

    @abstractmethod
    def enter(self, exchange: Exchange) -> None:
        """Starts the exchange, lets it wait, or refuses it."""

    @abstractmethod
    def leave(self, exchange: Exchange) -> None:
        """The exchange is over; the next one takes its place."""

    @abstractmethod
    def unreachable(self, exchange: Exchange, error: Exception) -> None:
        """No connection could be had for the exchange; no byte of it was sent."""

    @abstractmethod
    def suspect(self, exchange: Exchange) -> None:
        """The exchange's connection ended before its reply did."""

    @abstractmethod
    def sweep(self, now: float) -> None:
        """Ends what has waited, or was kept, for too long; called a few times a second."""

    def cut_all(self, reason: str, retry_after: int) -> None:
        """Ends every exchange at once: nobody will finish them."""
        answer = replace(error_answer(503, reason, retry_after=retry_after), sends_away=True)
        for exchange in [*self.waiting, *self.in_flight]:
            if exchange.is_answered:
                exchange.broken(reason)
            else:
                exchange.refuse(answer)
