"""POST /generate for engines that have no such path: the one request whose body is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wings_infer.errors import BadRequest
from wings_infer.gateway.exchange import Exchange
from wings_infer.gateway.routes import Forward
from wings_infer.gateway.translate import Generate
from wings_infer.wire.framing import chunked_payload
from wings_infer.wire.requests import Request

if TYPE_CHECKING:
    from wings_infer.gateway.client import ClientConnection

BODY_LIMIT = 8 * 1024 * 1024


class GenerateExchange(Exchange):
    """Collects the body, then goes to the engine with another one."""

    __slots__ = ("_collected", "_framing", "_generate")

    def __init__(self, client: ClientConnection, request: Request, forward: Forward) -> None:
        super().__init__(client, request, forward)
        self._generate = Generate()
        self.translation = self._generate
        self._framing = request.body()
        self._collected = b""

    def begin(self) -> None:
        """Waits for the rest of the body; without a body there is nothing to do."""
        if self.is_over or (self.body_is_sent and self.request.has_body):
            return
        if self.request.length > BODY_LIMIT:
            self.client.stop_body()
            self.bad_body(BadRequest(413, f"the body is longer than {BODY_LIMIT} bytes"))
        elif not self.request.has_body:
            self.bad_body(BadRequest(400, "the body needs a prompt"))
        elif self.request.expects_continue:
            self.client.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def body_piece(self, data: bytes, done: bool) -> None:
        """The next bytes of the request's body, framing included."""
        self._collected += chunked_payload(self._framing, data)
        if len(self._collected) > BODY_LIMIT:
            self.client.stop_body()
            self.bad_body(BadRequest(413, f"the body is longer than {BODY_LIMIT} bytes"))
        elif done:
            self._send_translated()

    def _send_translated(self) -> None:
        try:
            content = self._generate.request(self._collected)
        except BadRequest as error:
            self.bad_body(error)
            return
        self.request.fields = self._generate.request_fields(self.request.fields)
        self.request.own_fields = b"\r\nContent-Length: %d" % len(content)
        super().body_piece(content, done=True)
        self.hub.gate.enter(self)
