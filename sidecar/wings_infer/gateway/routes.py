"""Which requests are answered here and which go to the engine."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from wings_infer.wire.answers import Answer, error_answer
from wings_infer.wire.requests import Request

Work = Callable[[Request], Coroutine[Any, Any, Answer]]


@dataclass(frozen=True, slots=True)
class Forward:
    """Goes to the engine, under this target."""

    target: bytes | None
    """None: the request's own."""
    label: str
    """The route's name in metrics; few different ones exist."""
    is_translated: bool = False
    """The body is read and changed, see Generate."""


@dataclass(frozen=True, slots=True)
class Local:
    """Is answered here, at once."""

    answer: Answer
    label: str


@dataclass(frozen=True, slots=True)
class Later:
    """Is answered here, by something that takes a while."""

    work: Work
    label: str


Route = Forward | Local | Later
Pages = dict[bytes, Callable[[], Answer]]
_GENERATE = b"/generate"
_ENGINE_METRICS = b"/engine/metrics"


class Routes:
    """The routes of one listener."""

    def __init__(
        self,
        pages: Pages,
        *,
        forward: tuple[str, ...] = (),
        later: dict[bytes, Work] | None = None,
        metrics_path: bytes = b"",
        translate: bool = False,
        is_limited: bool = False,
        keyless: frozenset[bytes] = frozenset(),
    ) -> None:
        self.is_limited = is_limited
        """Caps, idle time-outs and drains apply."""
        self.keyless = keyless
        """Paths for programs that can have no API key: peers, the scaler."""
        self._pages = pages
        self._later = later or {}
        self._metrics_path = metrics_path
        self._translate = translate
        self._generates = bool(forward)
        self._all = "*" in forward
        self._exact = {path.encode(): path for path in forward if not path.endswith("/")}
        self._prefixes = tuple(path.encode() for path in forward if path.endswith("/"))
        self._known: dict[bytes, Forward] = {}
        self._labels: dict[bytes, str] = {path.encode(): path for path in _KNOWN}

    def find(self, request: Request) -> Route:
        """The route of a request; unknown paths are answered with 404."""
        path = request.path
        known = self._known.get(path)
        if known is not None:
            return known
        if path in self._pages or path in self._later:
            return self._here(request)
        if path == _GENERATE and self._translate:
            return _translated(request)
        return self._forward(path)

    def _forward(self, path: bytes) -> Route:
        if path == _ENGINE_METRICS and self._metrics_path:
            return Forward(self._metrics_path, "/engine/metrics")
        label = self._labels.get(path) or self._exact.get(path)
        is_generate = path == _GENERATE and self._generates
        if not (self._all or is_generate or path in self._exact or path.startswith(self._prefixes)):
            return Local(error_answer(404, f"no such path: {path.decode('latin-1')}"), "other")
        route = Forward(None, label or self._family(path))
        if label:
            self._known[path] = route
        return route

    def _here(self, request: Request) -> Route:
        label = request.path.decode()
        if request.method not in {b"GET", b"HEAD"}:
            return Local(error_answer(405, "use GET", fields=b"\r\nAllow: GET, HEAD"), label)
        if request.path in self._later:
            return Later(self._later[request.path], label)
        return Local(self._pages[request.path](), label)

    def _family(self, path: bytes) -> str:
        for prefix in self._prefixes:
            if path.startswith(prefix):
                return prefix.decode() + "*"
        return "/generate" if path == _GENERATE else "other"


def _translated(request: Request) -> Route:
    if request.method != b"POST":
        return Local(error_answer(405, "use POST", fields=b"\r\nAllow: POST"), "/generate")
    return Forward(b"/v1/completions", "/generate", is_translated=True)


_KNOWN = (
    "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/models", "/v1/responses",
    "/v1/audio/transcriptions", "/v1/audio/translations", "/v1/audio/speech", "/v1/rerank",
    "/v1/score", "/v1/messages", "/v1/realtime", "/generate",
)  # fmt: skip
