"""One client connection: requests one after the other, answers in the same order."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from wings_infer.errors import BadRequest
from wings_infer.gateway.request_reader import Phase, RequestReader
from wings_infer.gateway.routes import Forward, Later, Local, Routes
from wings_infer.gateway.sockets import reset
from wings_infer.wire.answers import Answer, error_answer
from wings_infer.wire.requests import Request

if TYPE_CHECKING:
    from wings_infer.gateway.exchange import Exchange
    from wings_infer.gateway.hub import Hub

HIGH_WATER = 256 * 1024
DISCARD_LIMIT = 256 * 1024


class ClientConnection(RequestReader):
    """Sends each request where it belongs, and answers what is answered here."""

    __slots__ = ("is_excess", "routes")

    def __init__(self, hub: Hub, routes: Routes) -> None:
        super().__init__(hub)
        self.routes = routes
        self.is_excess = False

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        self.hub.client_came(self)

    def pause_writing(self) -> None:
        """The client does not keep up."""
        if self.exchange is not None:
            self.exchange.pause_reply()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self.exchange is not None:
            self.exchange.resume_reply()

    def connection_lost(self, _error: Exception | None) -> None:
        """The client left, or was sent away."""
        self.hub.client_left(self)
        if self.task is not None:
            self.task.cancel()
        if self.exchange is not None:
            exchange, self.exchange = self.exchange, None
            exchange.client_gone()

    # Requests

    def take_request(self, request: Request) -> None:
        """A request's head is here."""
        if not request.request_id:
            request.request_id = self.hub.new_request_id()
        hub = self.hub
        started = monotonic()
        refused = hub.is_guarded or self.is_excess or request.length > hub.settings.max_body
        route = (refused and self._refuse(request)) or self.routes.find(request)
        if isinstance(route, Forward):
            self._forward(request, route)
        elif isinstance(route, Local):
            self._answer(request, route.answer, route.label, started)
        else:
            work = self._answer_later(request, route, started)
            self.task = asyncio.get_running_loop().create_task(work)

    def _refuse(self, request: Request) -> Local | None:
        refusal = self.hub.refusal(self, request)
        return Local(refusal, "refused") if refusal else None

    def _forward(self, request: Request, route: Forward) -> None:
        exchange = self.exchange = self.hub.gate.exchange(self, request, route)
        self.take_early_body()
        exchange.begin()

    async def _answer_later(self, request: Request, route: Later, started: float) -> None:
        answer = await self.hub.work(route, request)
        self.task = None
        self._answer(request, answer, route.label, started)
        self.take_requests()

    # Answers

    def _answer(self, request: Request, answer: Answer, label: str, started: float) -> None:
        stays = not (answer.sends_away or self.hub.sends_away)
        keep = request.keep_alive and stays and self._can_discard(request)
        content = answer.render(
            close=not keep,
            minor=request.minor,
            with_body=request.method != b"HEAD",
            extra=self.hub.answer_fields(request),
        )
        self.transport.write(content)
        self.hub.note_answer(request, label, answer.status, started, len(content))
        if keep:
            self.phase = Phase.IDLE if self.body is None else Phase.BODY
            self.resume_reading()
            self.take_early_body()
        else:
            self._end()

    def _can_discard(self, request: Request) -> bool:
        if self.body is None:
            return True
        return not request.chunked and not request.expects_continue and request.length <= DISCARD_LIMIT

    def send_away(self, answer: Answer) -> None:
        """What came is no request: answer and end the connection."""
        self.transport.write(answer.render(close=True))
        self.hub.note_refused(answer.status)
        self._end(is_unread=True)

    def _end(self, *, is_unread: bool = False) -> None:
        """Closes so that the client still reads the answer, even if it is still sending."""
        self.resume_reading()
        if (is_unread or self.body is not None) and self.transport.can_write_eof():
            self.linger()
            self.transport.write_eof()
        else:
            self._close()
        self.forget_input()

    def _close(self) -> None:
        self.phase = Phase.CLOSING
        self.active_at = self.hub.clock
        self.transport.close()

    def timed_out(self) -> None:
        """Nothing came for too long."""
        if self.phase in {Phase.LINGER, Phase.CLOSING}:
            self.transport.abort()
        elif self.phase == Phase.IDLE or self.task is not None:
            self._close()
        elif self.exchange is not None:
            self.stop_body()
            self.exchange.bad_body(BadRequest(408, "the body of the request did not go on in time"))
        else:
            self.send_away(error_answer(408, "the request did not go on in time"))

    # Called by the exchange

    def exchange_done(self, *, keep: bool) -> None:
        """The reply is complete."""
        self._leave_exchange()
        if keep and not self.hub.refuses_all:
            self.phase = Phase.IDLE
            if self._is_paused:
                self.resume_reading()
            if self._incoming.left:
                self.take_requests()
        else:
            self._end()

    def exchange_refused(self, exchange: Exchange, answer: Answer) -> None:
        """The engine's part of the exchange is over and the client has got nothing yet."""
        self.exchange = None
        self._answer(exchange.request, answer, exchange.forward.label, exchange.started)
        self.take_requests()

    def exchange_cut(self, exchange: Exchange) -> None:
        """The reply broke: end it so that nobody takes it for a whole one."""
        self._leave_exchange()
        if exchange.ends_by_close:
            reset(self.transport)
        else:
            self._close()

    def _leave_exchange(self) -> None:
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            self.hub.note_exchange(exchange)

    def tunnel_opened(self) -> None:
        """The connection was upgraded: bytes the client sent too early go first."""
        data = self.take_early_bytes()
        if data and self.exchange is not None:
            self.exchange.tunnel_data(data)
        self.resume_reading()
