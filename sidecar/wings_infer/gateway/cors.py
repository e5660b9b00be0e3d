"""Answers browsers of other origins, where switched on."""

from __future__ import annotations

from wings_infer.wire.answers import Answer
from wings_infer.wire.requests import Request

_PREFLIGHT = (
    b"\r\nAccess-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS"
    b"\r\nAccess-Control-Allow-Headers: Authorization, Content-Type, X-Request-Id, *"
    b"\r\nAccess-Control-Max-Age: 600"
)


class Cors:
    """Which origins may read answers."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self.is_on = bool(origins)
        self._any = "*" in origins
        self._origins = frozenset(origin.encode() for origin in origins)

    def fields(self, origin: bytes) -> bytes:
        """Header fields for an answer to this origin."""
        if not self.is_on:
            return b""
        if self._any:
            return b"\r\nAccess-Control-Allow-Origin: *"
        if origin in self._origins:
            return b"\r\nAccess-Control-Allow-Origin: %b\r\nVary: Origin" % origin
        return b"\r\nVary: Origin"

    def preflight(self, request: Request) -> Answer:
        """The answer to a browser that asks whether it may ask; the connection adds `fields`."""
        allowed = self._any or request.origin in self._origins
        return Answer(204, fields=_PREFLIGHT if allowed else b"")
