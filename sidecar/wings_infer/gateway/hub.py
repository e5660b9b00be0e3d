"""What all client connections share: settings, gate, guards, reports."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING

from wings_infer.errors import BadMessage
from wings_infer.gateway.client import ClientConnection
from wings_infer.gateway.cors import Cors
from wings_infer.gateway.gate import Gate
from wings_infer.gateway.keys import Keys
from wings_infer.gateway.request_reader import Phase, RequestReader
from wings_infer.gateway.routes import Later
from wings_infer.gateway.sockets import is_gone
from wings_infer.gateway.translate import Unchunk
from wings_infer.reports.journal import Journal
from wings_infer.settings import Settings
from wings_infer.wire.answers import Answer, error_answer
from wings_infer.wire.replies import ReplyParser
from wings_infer.wire.requests import Request, RequestParser

if TYPE_CHECKING:
    from wings_infer.gateway.exchange import Exchange

SWEEP_SECONDS = 0.25
WATCH_SECONDS = 0.05
EXCESS = 256
NEWCOMER_SECONDS = 1.0
"""A connection this young has its first request on its way."""
LINGER_SECONDS = 2.0
CUT_RETRY_AFTER = 15
"""Seconds."""


class Hub:
    """One for the whole program."""

    def __init__(
        self,
        settings: Settings,
        gate: Gate,
        journal: Journal,
        tell: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self.gate = gate
        self.journal = journal
        self.tell = tell
        self.keys = Keys(settings.keys_file, settings.open_paths)
        self.cors = Cors(settings.cors_origins)
        self.unchunk = Unchunk()
        self.request_parser = RequestParser(settings.max_fields)
        self.reply_parser = ReplyParser(drop_cors=self.cors.is_on)
        self.is_guarded = self.keys.is_on or self.cors.is_on
        self.clients: set[ClientConnection] = set()
        self.paused: set[RequestReader] = set()
        self.clock = monotonic()
        """The time of the last sweep: exact enough for time-outs, and free."""
        self.is_draining = False
        self.is_drained = False
        """Nobody comes any more, and everybody who came was answered."""
        self._run = secrets.token_hex(4).encode()
        self._numbers = count(1)

    # Connections

    def client_came(self, client: ClientConnection) -> None:
        """A client connected."""
        if client.routes.is_limited:
            excess = len(self.clients) - self.settings.max_connections
            client.is_excess = excess >= 0
            if excess >= EXCESS:
                client.transport.abort()
                return
        self.clients.add(client)

    def client_left(self, client: ClientConnection) -> None:
        """A client's connection ended."""
        self.clients.discard(client)
        self.paused.discard(client)

    def close_idle_clients(self) -> None:
        """Closes connections that have no request and are not about to send one."""
        for client in list(self.clients):
            if client.routes.is_limited and _is_idle(client):
                client.transport.close()

    @property
    def has_work(self) -> bool:
        """Requests are here, or on their way, that have no answer yet, or not all of it."""
        return not self.gate.is_empty or any(
            client.routes.is_limited and not _is_idle(client) for client in self.clients
        )

    @property
    def sends_away(self) -> bool:
        """Connections end with the answer that they carry: their clients find another pod."""
        return self.is_draining or self.gate.sends_away

    @property
    def refuses_all(self) -> bool:
        """Late comers have been served for long enough; the pod stays, and its port open."""
        return self.gate.sends_away and not self.is_draining and not self.gate.is_serving

    @property
    def is_idle(self) -> bool:
        """No request is in flight; while this program ends, none can come either."""
        return self.is_drained if self.is_draining else self.gate.is_empty

    def cut_all(self, reason: str) -> None:
        """Ends every exchange at once: the engine will not finish them."""
        self.gate.cut_all(reason, CUT_RETRY_AFTER)

    # Guards

    def refusal(self, client: ClientConnection, request: Request) -> Answer | None:
        """Why this request goes no further, None when it does."""
        if client.is_excess and request.path != b"/health":
            return error_answer(503, "too many connections", retry_after=1)
        if self.cors.is_on and request.method == b"OPTIONS" and request.origin:
            return self.cors.preflight(request)
        is_open = request.path in client.routes.keyless
        if self.keys.is_on and not is_open and not self.keys.allow(request):
            return self.keys.refusal()
        if request.length > self.settings.max_body:
            return error_answer(413, f"the body is longer than {self.settings.max_body} bytes")
        return None

    def answer_fields(self, request: Request) -> bytes:
        """Fields that every answer of our own carries."""
        fields = b"\r\nX-Request-Id: " + request.request_id
        return fields + self.cors.fields(request.origin) if request.origin else fields

    def new_request_id(self) -> bytes:
        """An id for a request that came without one."""
        return b"%b-%x" % (self._run, next(self._numbers))

    async def work(self, route: Later, request: Request) -> Answer:
        """The answer of a route that takes a while."""
        try:
            return await route.work(request)
        except (OSError, TimeoutError, BadMessage) as error:
            return error_answer(502, f"the engine cannot be reached: {error}")

    # Notes for metrics and log

    def note_exchange(self, exchange: Exchange) -> None:
        """An exchange with the engine is over."""
        request = exchange.request
        self.journal.note(
            exchange.forward.label, exchange.status, exchange.started, exchange.first_byte,
            exchange.bytes_in, exchange.bytes_out, request, exchange.is_cut,
        )  # fmt: skip

    def note_answer(self, request: Request, label: str, status: int, started: float, size: int) -> None:
        """A request was answered here."""
        self.journal.note(label, status, started, 0.0, 0, size, request)

    def note_refused(self, status: int) -> None:
        """Something that is no request was answered."""
        self.journal.note("malformed", status, monotonic(), 0.0, 0, 0, None)

    # Time-outs

    def sweep(self) -> None:
        """Ends what has lasted too long; called every SWEEP_SECONDS."""
        now = self.clock = monotonic()
        limits = self._limits()
        for client in list(self.clients):
            if now - client.active_at > limits[client.phase]:
                self._too_long(client, now)
        if self.refuses_all:
            self.close_idle_clients()
        self.gate.sweep(now)

    def watch_paused(self) -> None:
        """Notices clients that left while nothing is read from them."""
        for client in list(self.paused):
            if is_gone(client.transport):
                client.transport.abort()

    def _limits(self) -> dict[int, float]:
        settings = self.settings
        return {
            Phase.IDLE: settings.idle_timeout,
            Phase.HEAD: settings.head_timeout,
            Phase.BODY: settings.body_timeout,
            Phase.REPLY: min(settings.first_byte_timeout, settings.reply_timeout),
            Phase.LINGER: LINGER_SECONDS,
            Phase.CLOSING: settings.reply_timeout,
        }

    def _too_long(self, client: ClientConnection, now: float) -> None:
        exchange = client.exchange
        if exchange is None:
            client.timed_out()
        elif exchange in self.gate.in_flight and not exchange.is_tunnel:
            patience = (
                self.settings.first_byte_timeout
                if exchange.reply is None
                else self.settings.reply_timeout
            )
            if client.phase == Phase.BODY and client not in self.paused:
                client.timed_out()
            elif now - client.active_at > patience:
                exchange.timed_out()


def _is_idle(client: ClientConnection) -> bool:
    return client.phase == Phase.IDLE and monotonic() - client.active_at >= NEWCOMER_SECONDS
