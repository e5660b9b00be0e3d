"""One request on its way to the engine, and how its exchange ends."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from wings_infer.errors import BadMessage, BadRequest
from wings_infer.gateway.engine import EngineConnection, Pool
from wings_infer.gateway.reply_relay import ReplyRelay
from wings_infer.gateway.routes import Forward
from wings_infer.wire.answers import Answer, error_answer
from wings_infer.wire.requests import Request

if TYPE_CHECKING:
    from wings_infer.gateway.client import ClientConnection

HELD_LIMIT = 64 * 1024


class Exchange(ReplyRelay):
    """A request, its place at the gate, its connection to the engine."""

    repeatable = frozenset({b"GET", b"HEAD", b"OPTIONS"})
    """Methods of requests that may be sent again although the first may have arrived."""
    __slots__ = (
        "_connecting",
        "_engine",
        "_held",
        "_held_size",
        "bytes_in",
        "forward",
        "is_cut",
        "started",
    )

    def __init__(self, client: ClientConnection, request: Request, forward: Forward) -> None:
        super().__init__(client, request)
        self.forward = forward
        self.started = monotonic()
        self.bytes_in = 0
        self.is_cut = False
        """The reply ended before it was whole."""
        self._engine: EngineConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._held: list[bytes] | None = []
        """What was sent of the body, to send it again; None when it is too much."""
        self._held_size = 0

    @property
    def waits_for_engine(self) -> bool:
        """The next step is the engine's."""
        engine = self._engine
        return engine is not None and self.body_is_sent and not engine.is_paused and not self.is_tunnel

    @property
    def is_answered(self) -> bool:
        """The client has got a part of the reply."""
        return self.reply is not None or self.is_tunnel

    # To the engine

    def begin(self) -> None:
        """The request's head is here, and what has come of its body."""
        if not self.is_over:
            self.hub.gate.enter(self)

    def start(self, pool: Pool) -> None:
        """A place is free: the request may go to the engine by these connections."""
        engine = pool.take(self)
        if engine is None:
            self._connecting = pool.connect(self)
        else:
            self._send(engine)

    def connected(self, engine: EngineConnection) -> None:
        """The new connection this exchange asked for is open."""
        self._connecting = None
        if self.is_over:
            engine.transport.abort()
        elif engine.transport.is_closing():
            self.connect_failed(ConnectionError("closed as soon as it was open"))
        else:
            engine.exchange = self
            self._send(engine)

    def connect_failed(self, error: Exception) -> None:
        """The engine cannot be reached."""
        self._connecting = None
        self.hub.gate.unreachable(self, error)

    def _send(self, engine: EngineConnection) -> None:
        self._engine = engine
        head = self.request.head(self.forward.target)
        if self._held:
            head += b"".join(self._held)
        engine.written += len(head)
        engine.transport.write(head)
        if self._held_size > HELD_LIMIT:
            self.client.resume_reading()

    def body_piece(self, data: bytes, done: bool) -> None:
        """The next bytes of the request's body, framing included."""
        self.bytes_in += len(data)
        self.body_is_sent = done
        if self._engine is not None:
            self._engine.write(data)
        if self._held is not None:
            self._hold(data)

    def _hold(self, data: bytes) -> None:
        assert self._held is not None
        self._held.append(data)
        self._held_size += len(data)
        if self._held_size > HELD_LIMIT:
            if self._engine is None:
                self.client.pause_reading()
            else:
                self._held = None

    def tunnel_data(self, data: bytes) -> None:
        """Bytes of the client after an upgrade."""
        self.bytes_in += len(data)
        if self._engine is not None:
            self._engine.write(data)

    def pause_reply(self) -> None:
        """The client does not keep up."""
        if self._engine is not None:
            self._engine.pause_reading()

    def resume_reply(self) -> None:
        """The client has caught up."""
        if self._engine is not None:
            self._engine.resume_reading()

    # Ends

    def finish(self, *, is_clean: bool) -> None:
        """The reply is whole; `is_clean`: nothing came after it."""
        engine, self._engine = self._engine, None
        assert engine is not None
        assert self.reply is not None
        if is_clean and self.reply.keep_alive and self.body_is_sent and not self.request.upgrade:
            engine.pool.put(engine, self.hub.clock)
        else:
            engine.pool.drop(engine)
        self.is_over = True
        self.hub.gate.leave(self)
        self.client.exchange_done(keep=self.keep)

    def refuse(self, answer: Answer) -> None:
        """Ends the exchange with an answer of our own; the client has got nothing yet."""
        self._leave_engine()
        self._over()
        self.client.exchange_refused(self, answer)

    def broken(self, reason: str) -> None:
        """The engine's part went wrong: 502, or a visible cut where a reply has begun."""
        if not self.is_answered:
            self.refuse(error_answer(502, reason))
            return
        self._leave_engine()
        self.is_cut = True
        self._over()
        self.client.exchange_cut(self)

    def client_gone(self) -> None:
        """The client left: whatever the engine does for it is cancelled."""
        if not self.is_over:
            self._leave_engine()
            self.status = self.status if self.is_tunnel else 499
            self._over()
            self.hub.note_exchange(self)

    def engine_lost(self, error: Exception | None) -> None:
        """The engine's connection ended before the reply did."""
        engine, self._engine = self._engine, None
        if self.is_over or engine is None:
            return
        if self._may_retry(engine, error):
            self._connecting = engine.pool.connect(self)
        elif self.is_tunnel or (self.reply is not None and self.reply.until_close and error is None):
            self._ended_by_close()
        else:
            self.hub.gate.suspect(self)
            self.broken("the engine's connection ended")

    def timed_out(self) -> None:
        """The engine did not answer or go on in time."""
        if self.reply is None:
            self.refuse(error_answer(504, "the engine did not answer in time"))
        else:
            self.broken("the reply did not go on in time")

    def bad_body(self, error: BadRequest) -> None:
        """The request's body is malformed or too long."""
        if self.reply is None:
            self.refuse(error_answer(error.status, str(error)))
        else:
            self.broken(str(error))

    def _ended_by_close(self) -> None:
        try:
            out = self.reply_ends()
        except BadMessage as error:
            self.broken(str(error))
            return
        self.client.transport.write(out)
        self._over()
        self.client.exchange_done(keep=self.keep)

    def _may_retry(self, engine: EngineConnection, error: Exception | None) -> bool:
        if self.reply_seen or self._held is None or not engine.is_reused:
            return False
        return self.request.method in self.repeatable or engine.nothing_arrived(error)

    def _leave_engine(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.pool.cancel(engine)

    def _over(self) -> None:
        self.is_over = True
        self.hub.gate.leave(self)
