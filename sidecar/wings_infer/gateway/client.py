"""One client connection: requests one after the other, answers in the same order."""

from __future__ import annotations

import asyncio
from enum import IntEnum
from time import monotonic
from typing import TYPE_CHECKING

from wings_infer.errors import BadMessage, BadRequest
from wings_infer.gateway.exchange import Exchange
from wings_infer.gateway.generate_exchange import GenerateExchange
from wings_infer.gateway.routes import Forward, Later, Local, Routes
from wings_infer.gateway.sockets import reset
from wings_infer.wire.answers import Answer, error_answer
from wings_infer.wire.framing import Body, Chunked
from wings_infer.wire.requests import Request, find_malformed_start, parse_request

if TYPE_CHECKING:
    from wings_infer.gateway.hub import Hub

HOLD_LIMIT = 64 * 1024
HIGH_WATER = 256 * 1024
DISCARD_LIMIT = 256 * 1024
LINGER_SECONDS = 2.0


class Phase(IntEnum):
    """What the connection waits for; decides which time-out applies."""

    IDLE = 0
    HEAD = 1
    BODY = 2
    REPLY = 3
    LINGER = 4


class ClientConnection(asyncio.Protocol):
    """Reads heads, hands bodies on as they come, writes answers."""

    __slots__ = (
        "_body", "_buffer", "_is_looping", "_is_paused", "_request", "active_at", "exchange", "hub",
        "is_excess", "phase", "routes", "task", "transport",
    )  # fmt: skip

    def __init__(self, hub: Hub, routes: Routes) -> None:
        self.hub = hub
        self.routes = routes
        self.exchange: Exchange | None = None
        self.task: asyncio.Task[None] | None = None
        self.phase = Phase.IDLE
        self.active_at = hub.clock
        self.is_excess = False
        self._request: Request | None = None
        self._body: Body | None = None
        self._buffer = b""
        self._is_paused = False
        self._is_looping = False

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.set_write_buffer_limits(high=HIGH_WATER)
        self.hub.client_came(self)

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        self.active_at = self.hub.clock
        if self._body is not None:
            self._take_body(data)
        elif self.exchange is None and self.task is None:
            if self.phase is not Phase.LINGER:
                self._buffer = self._buffer + data if self._buffer else data
                self._take_requests()
        elif self.exchange is not None and self.exchange.is_tunnel:
            self.exchange.tunnel_data(data)
        else:
            self._buffer += data
            if len(self._buffer) > HOLD_LIMIT:
                self.pause_reading()

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

    def _take_requests(self) -> None:
        if self._is_looping:
            return
        self._is_looping = True
        while self._buffer and self._may_read_head():
            end = self._buffer.find(b"\r\n\r\n") + 4
            if end == 3 or end > self.hub.settings.max_head:
                self._incomplete_head()
                break
            head = self._buffer[:end]
            self._buffer = self._buffer[end:]
            self._take_head(head)
        self._is_looping = False

    def _may_read_head(self) -> bool:
        if self._buffer[:2] == b"\r\n":
            self._buffer = self._buffer[2:]
        return (
            self.exchange is None
            and self.task is None
            and self._body is None
            and self.phase is not Phase.LINGER
            and bool(self._buffer)
        )

    def _incomplete_head(self) -> None:
        self.phase = Phase.HEAD
        if find_malformed_start(self._buffer):
            self._send_away(error_answer(400, "malformed request"))
        elif len(self._buffer) >= self.hub.settings.max_head:
            self._send_away(error_answer(431, "the head of the request is too long"))

    def _take_head(self, head: bytes) -> None:
        try:
            request = parse_request(head, self.hub.settings.max_fields)
        except BadRequest as error:
            self._send_away(error_answer(error.status, str(error)))
            return
        self._request = request
        if not request.request_id:
            request.request_id = self.hub.new_request_id()
        if request.has_body:
            self._body = request.body()
            self.phase = Phase.BODY
        self._dispatch(request)

    def _dispatch(self, request: Request) -> None:
        started = monotonic()
        refusal = self.hub.refusal(self, request)
        route = Local(refusal, "refused") if refusal else self.routes.find(request)
        if isinstance(route, Forward):
            self._forward(request, route)
        elif isinstance(route, Local):
            self._answer(request, route.answer, route.label, started)
        else:
            self.task = asyncio.get_running_loop().create_task(
                self._answer_later(request, route, started)
            )

    def _forward(self, request: Request, route: Forward) -> None:
        kind = GenerateExchange if route.is_translated else Exchange
        self.exchange = kind(self, request, route)
        if self._body is None:
            self.phase = Phase.REPLY
        self.exchange.begin()
        if self._body is not None and self._buffer:
            data, self._buffer = self._buffer, b""
            self._take_body(data)

    async def _answer_later(self, request: Request, route: Later, started: float) -> None:
        answer = await self.hub.work(route)
        self.task = None
        self._answer(request, answer, route.label, started)
        self._take_requests()

    def _take_body(self, data: bytes) -> None:
        body = self._body
        assert body is not None
        try:
            end = body.feed(data)
            self._check_size(body)
        except BadMessage as error:
            self._bad_body(error)
            return
        if body.done:
            self._body = None
            self._buffer = data[end:]
            self.phase = Phase.IDLE if self.exchange is None else Phase.REPLY
        if self.exchange is not None:
            self.exchange.body_piece(data if end == len(data) else data[:end], body.done)
        elif body.done:
            self._take_requests()

    def _check_size(self, body: Body) -> None:
        if isinstance(body, Chunked) and body.total > self.hub.settings.max_body:
            raise BadRequest(413, "the body is too long")

    def _bad_body(self, error: BadMessage) -> None:
        problem = error if isinstance(error, BadRequest) else BadRequest(400, str(error))
        if self.exchange is not None:
            self.stop_body()
            self.exchange.bad_body(problem)
        else:
            self.transport.close()

    def stop_body(self) -> None:
        """The rest of this request's body is not wanted: the connection ends with its answer."""
        assert self._request is not None
        self._request.keep_alive = False

    # Answers

    def _answer(self, request: Request, answer: Answer, label: str, started: float) -> None:
        keep = request.keep_alive and not self.hub.is_draining and self._can_discard(request)
        content = answer.render(
            close=not keep,
            minor=request.minor,
            with_body=request.method != b"HEAD",
            extra=self.hub.answer_fields(request),
        )
        self.transport.write(content)
        self.hub.note_answer(request, label, answer.status, started, len(content))
        if keep:
            self.phase = Phase.IDLE if self._body is None else Phase.BODY
            if self._body is not None and self._buffer:
                data, self._buffer = self._buffer, b""
                self._take_body(data)
        else:
            self._end()

    def _can_discard(self, request: Request) -> bool:
        if self._body is None:
            return True
        return not request.chunked and not request.expects_continue and request.length <= DISCARD_LIMIT

    def _send_away(self, answer: Answer) -> None:
        self.transport.write(answer.render(close=True))
        self.hub.note_refused(answer.status)
        self._buffer = b""
        self._end(is_unread=True)

    def _end(self, *, is_unread: bool = False) -> None:
        """Closes so that the client still reads the answer, even if it is still sending."""
        self.resume_reading()
        if (is_unread or self._body is not None) and self.transport.can_write_eof():
            self._body = None
            self.phase = Phase.LINGER
            self.active_at = self.hub.clock
            self.transport.write_eof()
        else:
            self.transport.close()

    def timed_out(self) -> None:
        """Nothing came for too long."""
        if self.phase in {Phase.IDLE, Phase.LINGER} or self.task is not None:
            self.transport.abort() if self.phase is Phase.LINGER else self.transport.close()
        elif self.exchange is not None:
            self.stop_body()
            self.exchange.bad_body(BadRequest(408, "the body of the request did not go on in time"))
        else:
            self._send_away(error_answer(408, "the request did not go on in time"))

    # Called by the exchange

    def exchange_done(self, *, keep: bool) -> None:
        """The reply is complete."""
        self._leave_exchange()
        if keep:
            self.phase = Phase.IDLE
            self.resume_reading()
            self._take_requests()
        else:
            self._end()

    def exchange_refused(self, exchange: Exchange, answer: Answer) -> None:
        """The engine's part of the exchange is over and the client has got nothing yet."""
        self.exchange = None
        self._answer(exchange.request, answer, exchange.forward.label, exchange.started)
        self._take_requests()

    def exchange_cut(self, exchange: Exchange) -> None:
        """The reply broke: end it so that nobody takes it for a whole one."""
        self._leave_exchange()
        if exchange.ends_by_close:
            reset(self.transport)
        else:
            self.transport.close()

    def _leave_exchange(self) -> None:
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            self.hub.note_exchange(exchange)

    def tunnel_opened(self) -> None:
        """The connection was upgraded: bytes the client sent too early go first."""
        if self._buffer and self.exchange is not None:
            data, self._buffer = self._buffer, b""
            self.exchange.tunnel_data(data)
        self.resume_reading()

    def pause_reading(self) -> None:
        """What this client sends has nowhere to go for now."""
        if not self._is_paused:
            self._is_paused = True
            self.hub.paused.add(self)
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """There is room again."""
        if self._is_paused:
            self._is_paused = False
            self.hub.paused.discard(self)
            if not self.transport.is_closing():
                self.transport.resume_reading()
