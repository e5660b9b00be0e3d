"""Answers this program makes itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    502: "engine_error",
    503: "service_unavailable_error",
    504: "timeout_error",
}


NOT_TAKEN = b"\r\nX-Wings-Not-Taken: yes"
"""Field of a refusal: nobody has begun with the request, so it may be sent to somebody else."""
_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}


@dataclass(frozen=True)
class Answer:
    """A whole answer, ready for any connection."""

    status: int
    content: bytes = b""
    content_type: bytes = b"application/json"
    fields: bytes = b""
    """More header fields, each with CRLF in front."""
    is_bare: bool = False
    """No body and no field that is not needed."""
    sends_away: bool = False
    """The connection ends with it: where there are other pods, one of them may serve."""

    def render(
        self, *, close: bool, minor: int = 1, with_body: bool = True, extra: bytes = b""
    ) -> bytes:
        """The bytes for a client that speaks HTTP/1.`minor`."""
        if self.is_bare and not close and minor == 1:
            return b"HTTP/1.1 %d %b\r\n\r\n" % (self.status, _PHRASES.get(self.status, b""))
        connection = b"\r\nConnection: close" if close else b"\r\nConnection: keep-alive"
        return b"HTTP/1.1 %d %b%b%b%b%b\r\n\r\n%b" % (
            self.status,
            _PHRASES.get(self.status, b""),
            b"\r\nContent-Type: %b" % self.content_type if self.content else b"",
            b"" if self.status == 204 else b"\r\nContent-Length: %d" % len(self.content),
            self.fields + extra,
            connection if close or minor == 0 else b"",
            self.content if with_body else b"",
        )


def json_answer(status: int, document: Any, fields: bytes = b"") -> Answer:  # noqa: ANN401
    """An answer with this document."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, text.encode("utf-8", "replace"), fields=fields)


def error_answer(
    status: int, message: str, *, retry_after: int | None = None, fields: bytes = b""
) -> Answer:
    """An error as clients of the OpenAI API expect it; `retry_after` in seconds."""
    if retry_after is not None:
        fields += b"\r\nRetry-After: %d" % retry_after
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    error = {"message": message, "type": kind, "param": None, "code": status}
    return json_answer(status, {"error": error}, fields)
