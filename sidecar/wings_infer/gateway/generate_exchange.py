"""POST /generate for engines that have no such path: the one request whose body is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wings_infer.errors import BadRequest
from wings_infer.gateway.engine import EngineConnection, Pool
from wings_infer.gateway.exchange import HELD_LIMIT, Exchange
from wings_infer.gateway.routes import Forward
from wings_infer.gateway.translate import Generate
from wings_infer.wire.framing import chunked_payload
from wings_infer.wire.requests import Request

if TYPE_CHECKING:
    from wings_infer.gateway.client import ClientConnection

BODY_LIMIT = 1024 * 1024
"""Bytes; as many bodies may be kept at once as the gate lets in."""


class GenerateExchange(Exchange):
    """Takes its place at the gate, collects the body there, goes to the engine with another one."""

    __slots__ = ("_collected", "_framing", "_generate", "_pool")

    def __init__(self, client: ClientConnection, request: Request, forward: Forward) -> None:
        super().__init__(client, request, forward)
        self._generate = Generate()
        self.translation = self._generate
        self._framing = request.body()
        self._collected = bytearray()
        self._pool: Pool | None = None
        """None while there is no place."""

    def begin(self) -> None:
        """The request's head is here, and what has come of its body."""
        if self.request.length > BODY_LIMIT:
            self._refuse_length()
        elif not self.request.has_body:
            self.bad_body(BadRequest(400, "the body needs a prompt"))
        else:
            super().begin()

    def start(self, pool: Pool) -> None:
        """A place is free: the rest of the body may come, or the request may go."""
        self._pool = pool
        if self.body_is_sent:
            super().start(pool)
            return
        if self.request.expects_continue:
            self.client.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.client.resume_reading()

    def body_piece(self, data: bytes, done: bool) -> None:
        """The next bytes of the request's body, framing included."""
        self.bytes_in += len(data)
        self._collected += chunked_payload(self._framing, data)
        if len(self._collected) > BODY_LIMIT:
            self._refuse_length()
        elif done:
            self._translate()
        elif self._pool is None and len(self._collected) > HELD_LIMIT:
            self.client.pause_reading()

    def _refuse_length(self) -> None:
        if not self.is_over:
            self.client.stop_body()
            reason = f"a body for /generate has at most {BODY_LIMIT} bytes; /v1/completions takes more"
            self.bad_body(BadRequest(413, reason))

    def _translate(self) -> None:
        """As soon as the body is whole, place or not: what cannot be translated needs none."""
        try:
            content = self._generate.request(bytes(self._collected))
        except BadRequest as error:
            self.bad_body(error)
            return
        self._collected = bytearray()
        self.request.fields = self._generate.request_fields(self.request.fields)
        self.request.own_fields = b"\r\nContent-Length: %d" % len(content)
        self.body_is_sent = True
        self._hold(content)
        if self._pool is not None:
            super().start(self._pool)

    def _send(self, engine: EngineConnection) -> None:
        super()._send(engine)
        if self._held_size > HELD_LIMIT:
            self._held = None
