"""Replies whose payload or framing changes on the way."""

from __future__ import annotations

from wings_infer.gateway.translate import Translation
from wings_infer.wire.framing import Body


class Pipe:
    """Takes framed bytes of the engine, gives framed bytes for the client."""

    __slots__ = ("_is_chunked", "_translation")

    def __init__(self, translation: Translation, minor: int) -> None:
        self._translation = translation
        self._is_chunked = minor == 1

    @property
    def ends_by_close(self) -> bool:
        """The client takes the end of its connection for the end of the reply."""
        return not self._is_chunked

    def reply_fields(self, fields: bytes) -> bytes:
        """The reply's fields, as the client gets them."""
        return self._translation.reply_fields(fields)

    def pass_on(self, body: Body, data: bytes) -> bytes:
        """What goes out for data that `body` has just followed. Raises BadMessage."""
        payload = b"".join([data[start:end] for start, end in body.spans or ()])
        body.spans = []
        out = self._frame(self._translation.feed(payload))
        return out + self.finish() if body.done else out

    def finish(self) -> bytes:
        """What goes out at the end. Raises BadMessage."""
        return self._frame(self._translation.finish()) + (b"0\r\n\r\n" if self._is_chunked else b"")

    def _frame(self, payload: bytes) -> bytes:
        if payload and self._is_chunked:
            return b"%x\r\n%b\r\n" % (len(payload), payload)
        return payload
