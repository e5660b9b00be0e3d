"""One line for each request; never a word of a prompt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wings_infer.reports.log_writer import LogWriter

if TYPE_CHECKING:
    from wings_infer.wire.requests import Request

_JSON = (
    '{"time":"%s","kind":"request","id":"%s","method":"%s","path":"%s","status":%d,"seconds":%.4f,'
    '"first_byte_seconds":%s,"bytes_in":%d,"bytes_out":%d,"complete":%s}\n'
)
_TEXT = "%s %s %s %s %d %.4fs first=%s in=%d out=%d complete=%s\n"


class AccessLog:
    """Formats lines; `form` is json, text or off."""

    def __init__(self, form: str, writer: LogWriter) -> None:
        self.is_on = form != "off"
        self._format = _JSON if form == "json" else _TEXT
        self._writer = writer
        self._second = 0
        self._stamp = ""

    def add(
        self,
        request: Request | None,
        status: int,
        seconds: float,
        first: float,
        bytes_in: int,
        bytes_out: int,
        is_cut: bool,
    ) -> None:
        """Logs a finished request, None for something that was none; `first` < 0: no byte came."""
        line = self._format % (
            self._time(),
            request.request_id.decode("latin-1") if request else "-",
            request.method.decode("latin-1") if request else "-",
            _plain(request.path) if request else "-",
            status,
            seconds,
            "null" if first < 0 else f"{first:.4f}",
            bytes_in,
            bytes_out,
            "false" if is_cut else "true",
        )
        self._writer.add(line.encode("latin-1"))

    def _time(self) -> str:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._stamp}.{int((now - second) * 1000):03d}Z"


def _plain(path: bytes) -> str:
    """The path without its query; it is visible ASCII, only quotes and backslashes need care."""
    return path[:200].decode("latin-1").replace("\\", "%5C").replace('"', "%22")
