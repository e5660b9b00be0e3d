"""What a client sends: heads one after the other, bodies as they come."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING, Final

from wings_infer.errors import BadMessage, BadRequest
from wings_infer.wire.answers import Answer, error_answer
from wings_infer.wire.framing import Body, Chunked
from wings_infer.wire.incoming import Incoming
from wings_infer.wire.requests import Request

if TYPE_CHECKING:
    from wings_infer.gateway.exchange import Exchange
    from wings_infer.gateway.hub import Hub

HOLD_LIMIT = 64 * 1024
LINGER_MOST_SECONDS = 30.0
"""Who goes on sending after the answer may do so for this long."""


class Phase:
    """What the connection waits for; decides which time-out applies. Plain numbers, for speed."""

    IDLE: Final = 0
    """No byte of a head is here; empty lines are none."""
    HEAD: Final = 1
    """A head has begun: what comes of it gives it no more time."""
    BODY: Final = 2
    REPLY: Final = 3
    LINGER: Final = 4
    """An answer is out while the client is still sending: what it sends is thrown away."""
    CLOSING: Final = 5
    """The last bytes are on their way out."""


class RequestReader(asyncio.Protocol):
    """The reading half of a client's connection."""

    __slots__ = (
        "_incoming", "_is_looping", "_is_paused", "_lingers_since", "active_at", "body", "exchange",
        "hub", "phase", "request", "task", "transport",
    )  # fmt: skip

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.exchange: Exchange | None = None
        self.task: asyncio.Task[None] | None = None
        self.phase: int = Phase.IDLE
        self.active_at = hub.clock
        """When the phase began, or went on."""
        self._lingers_since = 0.0
        self.request: Request | None = None
        self.body: Body | None = None
        """What has not come yet of the current request's body."""
        self._incoming = Incoming()
        self._is_paused = False
        self._is_looping = False

    @abstractmethod
    def take_request(self, request: Request) -> None:
        """A request's head is here."""

    @abstractmethod
    def send_away(self, answer: Answer) -> None:
        """What came is no request: answer and end the connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        if self.body is not None:
            self.active_at = self.hub.clock
            self._take_body(data)
        elif self.phase == Phase.LINGER:
            self._throw_away()
        elif self.exchange is None and self.task is None:
            self._incoming.add(data)
            self.take_requests()
        else:
            self.active_at = self.hub.clock
            self._take_more(data)

    def _throw_away(self) -> None:
        if self.hub.clock - self._lingers_since < LINGER_MOST_SECONDS:
            self.active_at = self.hub.clock

    def _take_more(self, data: bytes) -> None:
        if self.exchange is not None and self.exchange.is_tunnel:
            self.exchange.tunnel_data(data)
            return
        self._incoming.add(data)
        if self._incoming.left > HOLD_LIMIT:
            self.pause_reading()

    def take_requests(self) -> None:
        """Goes on with what has been sent already."""
        if self._is_looping:
            return
        self._is_looping = True
        while self.exchange is None and self._incoming.left and self._is_free():
            try:
                request = self._next_request()
            except BadRequest as error:
                self.send_away(error_answer(error.status, str(error)))
                break
            if request is None:
                break
            self._begin(request)
        self._is_looping = False

    def _next_request(self) -> Request | None:
        head = self._incoming.next_head(self.hub.settings.max_head)
        if head is None:
            self._await_head()
            return None
        return self.hub.request_parser.parse(head)

    def _await_head(self) -> None:
        """Its time runs from its first byte on."""
        if self._incoming.left and self.phase == Phase.IDLE:
            self.phase = Phase.HEAD
            self.active_at = self.hub.clock

    def _is_free(self) -> bool:
        return self.body is None and self.task is None and self.phase < Phase.LINGER

    def _begin(self, request: Request) -> None:
        self.request = request
        self.active_at = self.hub.clock
        self.phase = Phase.REPLY
        if request.has_body:
            self.body = request.body()
            self.phase = Phase.BODY
        self.take_request(request)

    def take_early_body(self) -> None:
        """What came of the body together with the head."""
        if self.body is not None and self._incoming.left:
            self._take_body(self._incoming.take())

    def take_early_bytes(self) -> bytes:
        """What came after the head of a request that became a tunnel."""
        return self._incoming.take()

    def forget_input(self) -> None:
        """Nothing that has come is wanted."""
        self._incoming.take()
        self.body = None

    def _take_body(self, data: bytes) -> None:
        body = self.body
        assert body is not None
        try:
            end = body.feed(data)
            self._check_size(body)
        except BadMessage as error:
            self._bad_body(error)
            return
        if body.done:
            self.body = None
            if end < len(data):
                self._incoming.add(data[end:])
            is_free = self.exchange is None and self.task is None
            self.phase = Phase.IDLE if is_free else Phase.REPLY
        if self.exchange is not None:
            self.exchange.body_piece(data if end == len(data) else data[:end], body.done)
        elif body.done:
            self.take_requests()

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
        assert self.request is not None
        self.request.keep_alive = False

    def linger(self) -> None:
        """An answer is out: what still comes is read and thrown away, for a while."""
        self.phase = Phase.LINGER
        self._lingers_since = self.active_at = self.hub.clock

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
