"""What is noted of each finished request: for metrics and for the access log."""

from __future__ import annotations

from time import monotonic
from typing import NamedTuple

from wings_infer.reports.access_log import AccessLog
from wings_infer.reports.traffic import Traffic

PROBED = frozenset({"/health", "/livez", "/metrics"})
"""Counted, but kept out of the log: probes ask for them all the time."""


class Entry(NamedTuple):
    """One finished request; times in monotonic seconds, sizes in bytes of bodies."""

    route: str
    method: bytes
    path: bytes
    status: int
    request_id: bytes
    started: float
    first_byte: float
    """0 when the engine sent none."""
    bytes_in: int
    bytes_out: int
    is_cut: bool
    """The reply ended before it was whole."""


class Journal:
    """Counts finished requests and logs them."""

    def __init__(self, traffic: Traffic, log: AccessLog) -> None:
        self.traffic = traffic
        self._log = log

    def note(self, entry: Entry) -> None:
        """One request is over."""
        seconds = monotonic() - entry.started
        first = entry.first_byte - entry.started if entry.first_byte else None
        self.traffic.count(entry, seconds, first)
        if self._log.is_on and entry.route not in PROBED:
            self._log.add(entry, seconds, first)
