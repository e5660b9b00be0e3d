"""Log lines about the engine and this program itself."""

from __future__ import annotations

import json
import time

from wings_infer.reports.log_writer import LogWriter


class Events:
    """Formats lines; `form` is json, or text for anything else."""

    def __init__(self, form: str, writer: LogWriter) -> None:
        self._is_json = form == "json"
        self._writer = writer

    def tell(self, message: str) -> None:
        """Something people should know."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = f"{stamp} {message}"
        if self._is_json:
            line = json.dumps({"time": stamp, "kind": "event", "message": message}, ensure_ascii=False)
        self._writer.add(line.encode("utf-8", "replace") + b"\n")
        self._writer.flush()
