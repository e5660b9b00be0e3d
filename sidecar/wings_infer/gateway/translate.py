"""Replies that are not passed on as they are: unchunked for HTTP/1.0, or /generate's own shape."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

from wings_infer.errors import BadMessage, BadRequest

_FRAMING = re.compile(rb"\r\n(?:content-length|content-type|content-encoding):[^\r]*", re.IGNORECASE)
_ACCEPT = re.compile(rb"\r\naccept-encoding:[^\r]*", re.IGNORECASE)


class Translation(Protocol):
    """Changes a reply's payload on its way."""

    def reply_fields(self, fields: bytes) -> bytes:
        """The reply's fields, as the client gets them."""

    def feed(self, payload: bytes) -> bytes:
        """What goes out for the next piece of payload."""

    def finish(self) -> bytes:
        """What goes out at the end."""


class Unchunk:
    """Only the framing changes; keeps nothing, so one serves all."""

    def reply_fields(self, fields: bytes) -> bytes:
        """Unchanged."""
        return fields

    def feed(self, payload: bytes) -> bytes:
        """Unchanged."""
        return payload

    def finish(self) -> bytes:
        """Nothing."""
        return b""


class Generate:
    """POST /generate in the shape of the reference deployment, served by /v1/completions."""

    def __init__(self) -> None:
        self._streams = False
        self._rest = b""

    def request(self, body: bytes) -> bytes:
        """The body for /v1/completions. Raises BadRequest."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            raise BadRequest(400, "the body is not JSON") from None
        if not isinstance(document, dict) or "prompt" not in document:
            raise BadRequest(400, "the body needs a prompt")
        self._streams = document.get("stream") is True
        if self._streams:
            document.setdefault("stream_options", {"include_usage": True})
        return json.dumps(document).encode()

    def request_fields(self, fields: bytes) -> bytes:
        """The client's fields that travel on: replies are read here, so they may not be encoded."""
        return _ACCEPT.sub(b"", fields)

    def reply_fields(self, fields: bytes) -> bytes:
        """The reply's fields, as the client gets them."""
        kind = b"text/event-stream; charset=utf-8" if self._streams else b"application/json"
        return _FRAMING.sub(b"", fields) + b"\r\nContent-Type: " + kind

    def feed(self, payload: bytes) -> bytes:
        """What goes out for the next piece of payload."""
        self._rest += payload
        if not self._streams:
            return b""
        *events, self._rest = self._rest.replace(b"\r\n", b"\n").split(b"\n\n")
        return b"".join([_event(event) for event in events])

    def finish(self) -> bytes:
        """What goes out at the end."""
        if self._streams:
            return b""
        return _dump(_piece(_load(self._rest)))


def _event(event: bytes) -> bytes:
    data = event.removeprefix(b"data:").strip()
    if data == b"[DONE]" or not data.startswith(b"{"):
        return event + b"\n\n"
    document = _load(data)
    if "error" in document:
        return event + b"\n\n"
    return b"data: " + _dump(_piece(document)) + b"\n\n"


def _piece(document: dict[str, Any]) -> dict[str, Any]:
    choices = document.get("choices") or [{}]
    return {
        "text": choices[0].get("text", ""),
        "model": document.get("model"),
        "finish_reason": choices[0].get("finish_reason"),
        "usage": document.get("usage"),
    }


def _load(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise BadMessage("the engine's reply is not JSON")
    return document


def _dump(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
