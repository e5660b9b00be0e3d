"""Comments for who waits, where a client asked for them; and the reply that follows them.

Comments go out as the beginning of an event stream with status 200, before it is known how the
request ends. So whatever comes then has to look like events.
"""

from __future__ import annotations

import re

from wings_infer.gateway.piped import Pipe
from wings_infer.gateway.translate import Unchunk
from wings_infer.wire.answers import error_answer
from wings_infer.wire.replies import Reply
from wings_infer.wire.requests import Request

COMMENT = b"b\r\n: waiting\n\n\r\n"
_ASKED = re.compile(rb"\r\nx-wings-keep-alive:[ \t]*([1-9][0-9]{0,3})[ \t]*(?:\r|$)", re.IGNORECASE)
_EVENTS = re.compile(rb"\r\ncontent-type:[ \t]*text/event-stream", re.IGNORECASE)
_ENCODED = re.compile(rb"\r\ncontent-encoding:", re.IGNORECASE)
_ACCEPT_ENCODING = re.compile(rb"\r\naccept-encoding:[^\r]*", re.IGNORECASE)
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache"
    b"\r\nX-Accel-Buffering: no\r\nTransfer-Encoding: chunked%b%b\r\n\r\n"
)


def asked_interval(request: Request) -> int:
    """Seconds between two comments; 0 for a client that did not ask, or cannot be served so."""
    asked = _ASKED.search(request.fields)
    if asked is None or request.minor == 0 or request.method != b"POST" or request.expects_continue:
        return 0
    return int(asked[1])


def early_head(request: Request, fields: bytes) -> bytes:
    """The head that goes out before any pod has answered."""
    return _HEAD % (fields, b"" if request.keep_alive else b"\r\nConnection: close")


def without_encodings(fields: bytes) -> bytes:
    """A request's fields; what was begun without an encoding cannot get one later."""
    return _ACCEPT_ENCODING.sub(b"", fields)


def can_follow(reply: Reply) -> bool:
    """Whether events can be made of this reply."""
    return reply.has_body and not _ENCODED.search(reply.fields)


def event_pipe(reply: Reply) -> Pipe:
    """Makes events of a reply, if it has none already."""
    if reply.status == 200 and _EVENTS.search(reply.fields):
        return Pipe(Unchunk(), 1)
    return Pipe(AsEvent(reply.status), 1)


def last_event(content: bytes) -> bytes:
    """An answer of our own as the end of the stream."""
    event = b"data: " + content + b"\n\n"
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(event), event)


class AsEvent:
    """A body that is no event stream becomes one event, byte for byte but for its lines' ends."""

    def __init__(self, status: int) -> None:
        self._status = status
        self._is_begun = False

    def reply_fields(self, fields: bytes) -> bytes:
        """Unchanged; the client has had its own already."""
        return fields

    def feed(self, payload: bytes) -> bytes:
        """What goes out for the next piece of payload."""
        if not payload:
            return b""
        start = b"" if self._is_begun else b"data: "
        self._is_begun = True
        return start + payload.replace(b"\r", b"").replace(b"\n", b"\ndata: ")

    def finish(self) -> bytes:
        """What goes out at the end."""
        if self._is_begun:
            return b"\n\n"
        reason = f"the engine answered with status {self._status} and nothing else"
        return b"data: " + error_answer(self._status, reason).content + b"\n\n"
