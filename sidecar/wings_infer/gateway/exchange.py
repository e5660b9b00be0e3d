"""One request on its way to the engine, and its reply on the way back."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from wings_infer.errors import BadMessage, BadRequest
from wings_infer.gateway.engine import EngineConnection
from wings_infer.gateway.piped import Pipe
from wings_infer.gateway.reply_head import client_head, may_keep
from wings_infer.gateway.routes import Forward
from wings_infer.wire.answers import Answer, error_answer
from wings_infer.wire.framing import Body
from wings_infer.wire.replies import Reply, parse_reply
from wings_infer.wire.requests import Request, find_malformed_start

if TYPE_CHECKING:
    from wings_infer.gateway.client import ClientConnection
    from wings_infer.gateway.translate import Translation

HELD_LIMIT = 64 * 1024
REPLY_HEAD_LIMIT = 128 * 1024
_IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS"})


class Exchange:
    """Bytes go through as they come; only heads are read."""

    __slots__ = (
        "_body_done", "_connecting", "_engine", "_head", "_held", "_held_size", "_keep", "_pipe",
        "_reply_body", "_reply_seen", "bytes_in", "bytes_out", "client", "first_byte", "forward",
        "hub", "is_cut", "is_over", "is_tunnel", "reply", "request", "started", "status", "translation",
    )  # fmt: skip

    def __init__(self, client: ClientConnection, request: Request, forward: Forward) -> None:
        self.client = client
        self.hub = client.hub
        self.request = request
        self.forward = forward
        self.started = monotonic()
        self.first_byte = 0.0
        self.bytes_in = self.bytes_out = self.status = 0
        self.reply: Reply | None = None
        self.is_tunnel = False
        self._engine: EngineConnection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._held: list[bytes] | None = []
        self._held_size = 0
        self._body_done = not request.has_body
        self._head = b""
        self._reply_body: Body | None = None
        self._reply_seen = False
        self._pipe: Pipe | None = None
        self.translation: Translation | None = None
        self._keep = False
        self.is_over = False
        self.is_cut = False

    # The way to the engine

    def begin(self) -> None:
        """The request's head is here."""
        self.hub.gate.enter(self)

    def start(self) -> None:
        """A place is free: the request may go to the engine."""
        engine = self.hub.pool.take(self)
        if engine is None:
            self._connecting = self.hub.pool.connect(self)
        else:
            self._send(engine)

    def connected(self, engine: EngineConnection) -> None:
        """The new connection this exchange asked for is open."""
        self._connecting = None
        if self.is_over:
            engine.transport.abort()
        else:
            engine.exchange = self
            self._send(engine)

    def connect_failed(self, error: Exception) -> None:
        """The engine cannot be reached."""
        self._connecting = None
        if isinstance(error, ConnectionRefusedError):
            self.hub.lifecycle.engine_refused()
        if not self.is_over:
            self.refuse(error_answer(503, "the engine cannot be reached", retry_after=1))

    def _send(self, engine: EngineConnection) -> None:
        self._engine = engine
        request = self.request
        head = b"%b %b HTTP/1.1%b\r\nX-Request-Id: %b\r\n\r\n" % (
            request.method, self.forward.target, request.fields, request.request_id,
        )  # fmt: skip
        engine.write(head + b"".join(self._held) if self._held else head)
        self.client.resume_reading()

    def body_piece(self, data: bytes, done: bool) -> None:
        """The next bytes of the request's body, framing included."""
        self.bytes_in += len(data)
        self._body_done = done
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
                self._held = None  # too much to send again

    # The way back

    def reply_data(self, data: bytes) -> None:
        """Bytes of the engine."""
        client = self.client
        client.active_at = self.hub.clock
        body = self._reply_body
        if body is None:
            self._reply_before_body(data)
            return
        try:
            end = body.feed(data)
            out = data if end == len(data) else data[:end]
            if self._pipe is not None:
                out = self._pipe.pass_on(body, data)
        except BadMessage as error:
            self._broken(str(error))
            return
        self.bytes_out += end
        client.transport.write(out)
        if body.done:
            self._finish(is_clean=end == len(data))

    def _reply_before_body(self, data: bytes) -> None:
        if self.is_tunnel:
            self.bytes_out += len(data)
            self.client.transport.write(data)
            return
        self._reply_seen = True
        self._head += data
        end = self._head.find(b"\r\n\r\n") + 4
        if end > 3:
            head, rest = self._head[:end], self._head[end:]
            self._head = b""
            self._take_head(head, rest)
        elif len(self._head) > REPLY_HEAD_LIMIT or find_malformed_start(self._head):
            self._broken("the engine's reply has no well-formed head")

    def _take_head(self, head: bytes, rest: bytes) -> None:
        try:
            reply = parse_reply(head, self.request.method, drop_cors=self.hub.cors.is_on)
        except BadMessage as error:
            self._broken(str(error))
            return
        if reply.status == 101 and self.request.upgrade:
            self._open_tunnel(reply)
        elif reply.status < 200:
            self._pass_interim(reply)
        else:
            self._begin_reply(reply)
        if rest and not self.is_over:
            self.reply_data(rest)

    def _pass_interim(self, reply: Reply) -> None:
        if reply.status == 101:
            self._broken("the engine switched protocols unasked")
        elif self.request.minor == 1 and (reply.status != 100 or self.request.expects_continue):
            self.client.transport.write(reply.line + reply.fields + b"\r\n\r\n")

    def _begin_reply(self, reply: Reply) -> None:
        self.first_byte = monotonic()
        self.reply = reply
        self.status = reply.status
        body = self._reply_body = reply.body()
        pipe = self._pipe = self._choose_pipe(reply) if reply.has_body else None
        self._keep = self._body_done and not self.hub.is_draining and may_keep(reply, self.request, pipe)
        if pipe is not None:
            body.spans = []
        head = client_head(reply, self.request, pipe, self.hub.cors, keep=self._keep)
        self.client.transport.write(head)
        if body.done:
            self._finish(is_clean=True)

    def _choose_pipe(self, reply: Reply) -> Pipe | None:
        if self.translation is not None and reply.status == 200:
            return Pipe(self.translation, self.request.minor)
        if reply.chunked and self.request.minor == 0:
            return Pipe(self.hub.unchunk, 0)
        return None

    @property
    def ends_by_close(self) -> bool:
        """The client takes the end of its connection for the end of the reply."""
        if self._pipe is not None:
            return self._pipe.ends_by_close
        return self.reply is not None and self.reply.until_close

    def pause_reply(self) -> None:
        """The client does not keep up."""
        if self._engine is not None:
            self._engine.pause_reading()

    def resume_reply(self) -> None:
        """The client has caught up."""
        if self._engine is not None:
            self._engine.resume_reading()

    # Tunnels of upgraded connections

    def _open_tunnel(self, reply: Reply) -> None:
        self.first_byte = monotonic()
        self.status = 101
        self.is_tunnel = True
        upgrade = b"\r\nConnection: Upgrade\r\nUpgrade: " + (reply.upgrade or b"websocket")
        self.client.transport.write(reply.line + reply.fields + upgrade + b"\r\n\r\n")
        self.client.tunnel_opened()

    def tunnel_data(self, data: bytes) -> None:
        """Bytes of the client after the upgrade."""
        self.bytes_in += len(data)
        if self._engine is not None:
            self._engine.write(data)

    # Ends

    def _finish(self, *, is_clean: bool) -> None:
        engine, self._engine = self._engine, None
        assert engine is not None
        assert self.reply is not None
        if is_clean and self.reply.keep_alive and self._body_done:
            self.hub.pool.put(engine, self.hub.clock)
        else:
            self.hub.pool.drop(engine)
        self._over()
        self.client.exchange_done(keep=self._keep)

    def refuse(self, answer: Answer) -> None:
        """Ends the exchange with an answer of our own; the client has got nothing yet."""
        self._leave_engine()
        self._over()
        self.client.exchange_refused(self, answer)

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
        if self._may_retry(engine):
            self._connecting = self.hub.pool.connect(self)
        elif self.is_tunnel or (self.reply is not None and self.reply.until_close and error is None):
            self._ended_by_close()
        else:
            self.hub.lifecycle.engine_suspected()
            self._broken("the engine's connection ended")

    def _ended_by_close(self) -> None:
        try:
            out = self._pipe.finish() if self._pipe is not None else b""
        except BadMessage as error:
            self._broken(str(error))
            return
        self.client.transport.write(out)
        self._over()
        self.client.exchange_done(keep=self._keep)

    def timed_out(self) -> None:
        """The engine did not answer or go on in time."""
        if self.reply is None:
            self.refuse(error_answer(504, "the engine did not answer in time"))
        else:
            self._broken("the reply did not go on in time")

    def bad_body(self, error: BadRequest) -> None:
        """The request's body is malformed or too long."""
        if self.reply is None:
            self.refuse(error_answer(error.status, str(error)))
        else:
            self._broken(str(error))

    def _may_retry(self, engine: EngineConnection) -> bool:
        if self._reply_seen or self._held is None or not engine.is_reused:
            return False
        return self.request.method in _IDEMPOTENT or engine.nothing_arrived()

    def _broken(self, reason: str) -> None:
        if self.reply is None and not self.is_tunnel:
            self.refuse(error_answer(502, reason))
            return
        self._leave_engine()
        self.is_cut = True
        self._over()
        self.client.exchange_cut(self)

    def _leave_engine(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            self.hub.pool.cancel(engine)

    def _over(self) -> None:
        self.is_over = True
        self.hub.gate.leave(self)
