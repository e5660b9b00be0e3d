"""One request at the front door: held, sent to a pod, or to another where nobody has begun with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wings_infer.front_door.backends import Backend
from wings_infer.front_door.keep_alive import (
    COMMENT,
    asked_interval,
    can_follow,
    early_head,
    event_pipe,
    last_event,
    without_encodings,
)  # fmt: skip
from wings_infer.gateway.engine import EngineConnection
from wings_infer.gateway.exchange import Exchange
from wings_infer.gateway.piped import Pipe
from wings_infer.gateway.routes import Forward
from wings_infer.wire.answers import Answer, error_answer
from wings_infer.wire.replies import Reply
from wings_infer.wire.requests import Request

if TYPE_CHECKING:
    from wings_infer.front_door.gate import DoorGate
    from wings_infer.gateway.client import ClientConnection


class HeldExchange(Exchange):
    """Belongs to a backend, or waits for one."""

    __slots__ = ("_gate", "_interval", "_spoken_at", "backend", "counted", "held_since", "is_early")

    repeatable = frozenset()

    def __init__(
        self, client: ClientConnection, request: Request, forward: Forward, gate: DoorGate
    ) -> None:
        super().__init__(client, request, forward)
        self._gate = gate
        self.backend: Backend | None = None
        self.counted = 0
        """Bytes that the gate counts for this exchange."""
        self.held_since = 0.0
        self.is_early = False
        """The client has got a head, and comments, before any pod answered."""
        self._interval = -1
        """Seconds between comments; read when the exchange begins to wait, as most never do."""
        self._spoken_at = self.started

    def speak(self, now: float) -> None:
        """Speaks to a waiting client that asked for it, when it is time."""
        if self._interval < 0:
            self._interval = asked_interval(self.request)
        if not self._interval or now - self._spoken_at < self._interval:
            return
        self._spoken_at = now
        if not self.is_early:
            self._begin_early()
        self.client.transport.write(COMMENT)

    def refuse(self, answer: Answer) -> None:
        """Ends the exchange with an answer of our own; the client may have got comments."""
        if not self.is_early:
            super().refuse(answer)
            return
        self._leave_engine()
        self._over()
        self.status = answer.status
        self.client.transport.write(last_event(answer.content))
        self.client.exchange_done(keep=False)

    def _begin_early(self) -> None:
        request = self.request
        request.keep_alive = request.keep_alive and self.body_is_sent and not self.hub.is_draining
        self.client.transport.write(early_head(request, self.hub.answer_fields(request)))
        request.fields = without_encodings(request.fields)
        self.is_early = True

    # What is kept of the request

    def begin(self) -> None:
        """The request's head is here, and what has come of its body."""
        self._count()
        super().begin()

    def _send(self, engine: EngineConnection) -> None:
        super()._send(engine)
        if self._gate.holds_too_much:
            self._forget_copy()

    def _hold(self, data: bytes) -> None:
        super()._hold(data)
        self._count()
        if not self._gate.holds_too_much:
            return
        if self._engine is not None:
            self._forget_copy()
        elif not self.is_over:
            self.client.stop_body()
            self._gate.refuse_bytes(self)

    def _forget_copy(self) -> None:
        self._held = None
        self._count()

    def _count(self) -> None:
        if self.is_over:
            return
        request = self.request
        size = len(request.target) + len(request.fields) + (0 if self._held is None else self._held_size)
        self._gate.held_bytes += size - self.counted
        self.counted = size

    # The pod's reply

    def _begin_reply(self, reply: Reply, rest: bytes) -> None:
        if reply.is_not_taken:
            if self._held is not None:
                self._leave_engine()
                self.reply_seen = False
                self._gate.not_taken(self)
                return
            self._gate.avoid(self)
        if self.is_early and not can_follow(reply):
            reason = f"the engine answered with status {reply.status} and nothing that can be streamed"
            self.refuse(error_answer(502, reason))
            return
        self._forget_copy()
        super()._begin_reply(reply, rest)

    def _choose_pipe(self, reply: Reply) -> Pipe | None:
        return event_pipe(reply) if self.is_early else super()._choose_pipe(reply)

    def _client_head(self, reply: Reply) -> bytes:
        return b"" if self.is_early else super()._client_head(reply)

    def _pass_interim(self, reply: Reply) -> None:
        if not self.is_early:
            super()._pass_interim(reply)
