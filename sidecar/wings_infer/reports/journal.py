"""What is noted of each finished request: for metrics and for the access log."""

from __future__ import annotations

from time import monotonic

from wings_infer.reports.access_log import AccessLog
from wings_infer.reports.traffic import Traffic
from wings_infer.wire.requests import Request

PROBED = frozenset({"/health", "/livez", "/metrics", "/group", "/demand"})
"""Counted, but kept out of the log: probes, peers and scalers ask for them all the time."""


class Journal:
    """Counts finished requests and logs them."""

    def __init__(self, traffic: Traffic, log: AccessLog) -> None:
        self.traffic = traffic
        self._log = log

    def note(
        self,
        route: str,
        status: int,
        started: float,
        first_byte: float,
        bytes_in: int,
        bytes_out: int,
        request: Request | None,
        is_cut: bool = False,
    ) -> None:
        """One request is over.

        Times are monotonic seconds, `first_byte` 0 when the engine sent none; sizes are bytes of bodies;
        `is_cut`: the reply ended before it was whole.
        """
        seconds = monotonic() - started
        first = first_byte - started if first_byte else -1.0
        self.traffic.count(route, status, seconds, first, bytes_in, bytes_out)
        if self._log.is_on and route not in PROBED:
            self._log.add(request, status, seconds, first, bytes_in, bytes_out, is_cut)
