"""The way back: the engine's bytes become the client's, chunk by chunk, unparsed but for heads."""

from __future__ import annotations

from abc import abstractmethod
from time import monotonic
from typing import TYPE_CHECKING

from wings_infer.errors import BadMessage
from wings_infer.gateway.piped import Pipe
from wings_infer.gateway.reply_head import client_head, may_keep
from wings_infer.gateway.translate import Translation
from wings_infer.wire.framing import Body
from wings_infer.wire.incoming import Incoming
from wings_infer.wire.replies import Reply
from wings_infer.wire.requests import Request

if TYPE_CHECKING:
    from wings_infer.gateway.client import ClientConnection

HEAD_LIMIT = 128 * 1024


class ReplyRelay:
    """One reply on its way."""

    __slots__ = (
        "_body", "_head", "_pipe", "body_is_sent", "bytes_out", "client", "first_byte", "hub", "is_over",
        "is_tunnel", "keep", "reply", "reply_seen", "request", "status", "translation",
    )  # fmt: skip

    def __init__(self, client: ClientConnection, request: Request) -> None:
        self.client = client
        self.hub = client.hub
        self.request = request
        self.body_is_sent = not request.has_body
        """The request's body has gone out whole."""
        self.translation: Translation | None = None
        self.reply: Reply | None = None
        """The reply's head, once the client has it."""
        self.reply_seen = False
        """A byte of the engine came."""
        self.first_byte = 0.0
        self.status = self.bytes_out = 0
        self.is_tunnel = self.is_over = self.keep = False
        self._head: Incoming | None = None
        """The beginning of a head that came in pieces."""
        self._body: Body | None = None
        self._pipe: Pipe | None = None

    @abstractmethod
    def finish(self, *, is_clean: bool) -> None:
        """The reply is whole; `is_clean`: nothing came after it."""

    @abstractmethod
    def broken(self, reason: str) -> None:
        """The reply is malformed."""

    @property
    def ends_by_close(self) -> bool:
        """The client takes the end of its connection for the end of the reply."""
        if self._pipe is not None:
            return self._pipe.ends_by_close
        return self.reply is not None and self.reply.until_close

    def reply_data(self, data: bytes) -> None:
        """Bytes of the engine."""
        client = self.client
        client.active_at = self.hub.clock
        if self._body is not None:
            self._pass_on(b"", data)
        elif self.is_tunnel:
            self.bytes_out += len(data)
            client.transport.write(data)
        else:
            self._add_to_head(data)

    def reply_ends(self) -> bytes:
        """The last bytes of a reply that ends with its connection. Raises BadMessage."""
        return self._pipe.finish() if self._pipe is not None else b""

    def _pass_on(self, head: bytes, data: bytes) -> None:
        body = self._body
        assert body is not None
        try:
            end = body.feed(data)
            out = data if end == len(data) else data[:end]
            if self._pipe is not None:
                out = self._pipe.pass_on(body, data)
        except BadMessage as error:
            if head:
                self.reply = None
            self.broken(str(error))
            return
        self.bytes_out += end
        self.client.transport.write(head + out if head else out)
        if body.done:
            self.finish(is_clean=end == len(data))

    def _add_to_head(self, data: bytes) -> None:
        self.reply_seen = True
        end = data.find(b"\r\n\r\n") + 4 if self._head is None else 0
        if end > 3:
            self._take_head(data[:end], data[end:])
        else:
            self._add_piece(self._head or Incoming(), data)

    def _add_piece(self, begun: Incoming, data: bytes) -> None:
        self._head = begun
        begun.add(data)
        try:
            head = begun.next_head(HEAD_LIMIT)
        except BadMessage:
            self.broken("the engine's reply has no well-formed head")
            return
        if head is not None:
            self._head = None
            self._take_head(head, begun.take())

    def _take_head(self, head: bytes, rest: bytes) -> None:
        try:
            reply = self.hub.reply_parser.parse(head, self.request.method)
        except BadMessage as error:
            self.broken(str(error))
            return
        if reply.status >= 200:
            self._begin_reply(reply, rest)
            return
        if reply.status == 101 and self.request.upgrade:
            self._open_tunnel(reply)
        else:
            self._pass_interim(reply)
        if rest and not self.is_over:
            self.reply_data(rest)

    def _pass_interim(self, reply: Reply) -> None:
        if reply.status == 101:
            self.broken("the engine switched protocols unasked")
        elif self.request.minor == 1 and (reply.status != 100 or self.request.expects_continue):
            self.client.transport.write(reply.line + reply.fields + b"\r\n\r\n")

    def _begin_reply(self, reply: Reply, rest: bytes) -> None:
        self.first_byte = monotonic()
        self.reply = reply
        self.status = reply.status
        request = self.request
        pipe = self._pipe = self._choose_pipe(reply)
        self.keep = self.body_is_sent and not self.hub.sends_away and may_keep(reply, request, pipe)
        head = self._client_head(reply)
        size = reply.length if reply.has_body else 0
        if size == len(rest) and pipe is None:
            self.bytes_out = size
            self.client.transport.write(head + rest)
            self.finish(is_clean=True)
        else:
            self._begin_body(reply, head, rest)

    def _begin_body(self, reply: Reply, head: bytes, rest: bytes) -> None:
        body = self._body = reply.body()
        if self._pipe is not None:
            body.spans = []
        if body.done:
            self._end_empty(head, is_clean=not rest)
        elif rest:
            self._pass_on(head, rest)
        else:
            self.client.transport.write(head)

    def _end_empty(self, head: bytes, *, is_clean: bool) -> None:
        try:
            out = self.reply_ends()
        except BadMessage as error:
            self.reply = None
            self.broken(str(error))
            return
        self.client.transport.write(head + out)
        self.finish(is_clean=is_clean)

    def _client_head(self, reply: Reply) -> bytes:
        return client_head(reply, self.request, self._pipe, self.hub.cors, keep=self.keep)

    def _choose_pipe(self, reply: Reply) -> Pipe | None:
        if not reply.has_body or (self.request.minor and self.translation is None):
            return None
        if self.translation is not None and reply.status == 200:
            return Pipe(self.translation, self.request.minor)
        if reply.chunked and self.request.minor == 0:
            return Pipe(self.hub.unchunk, 0)
        return None

    def _open_tunnel(self, reply: Reply) -> None:
        self.first_byte = monotonic()
        self.status = 101
        self.is_tunnel = True
        upgrade = b"\r\nConnection: Upgrade\r\nUpgrade: " + (reply.upgrade or b"websocket")
        self.client.transport.write(reply.line + reply.fields + upgrade + b"\r\n\r\n")
        self.client.tunnel_opened()
