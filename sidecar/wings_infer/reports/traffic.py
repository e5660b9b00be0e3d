"""Counters and histograms of requests, by route and status."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wings_infer.reports.journal import Entry

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""Upper bounds of the histograms' buckets, in seconds."""
MAX_SERIES = 500


class Histogram:
    """Counts of values by bucket."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(BOUNDS, value)] += 1
        self.total += value


class Series:
    """What is counted for one route and status."""

    __slots__ = ("bytes_in", "bytes_out", "duration", "first_byte")

    def __init__(self) -> None:
        self.bytes_in = 0
        self.bytes_out = 0
        self.duration = Histogram()
        self.first_byte = Histogram()


class Traffic:
    """All series; their number is bounded."""

    def __init__(self) -> None:
        self.series: dict[tuple[str, int], Series] = {}

    def count(self, entry: Entry, seconds: float, first: float | None) -> None:
        """One request is over, after so many seconds and so many to its first byte."""
        route, status = entry.route, entry.status
        series = self.series.get((route, status)) or self._new(route, status)
        series.bytes_in += entry.bytes_in
        series.bytes_out += entry.bytes_out
        series.duration.add(seconds)
        if first is not None:
            series.first_byte.add(first)

    def _new(self, route: str, status: int) -> Series:
        key = (route, status) if len(self.series) < MAX_SERIES else ("other", 0)
        return self.series.setdefault(key, Series())
