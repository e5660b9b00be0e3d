"""Counters and histograms of requests, by route and status."""

from __future__ import annotations

from bisect import bisect_left

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""Upper bounds of the histograms' buckets, in seconds."""
MAX_SERIES = 500


class Series:
    """What is counted for one route and status."""

    __slots__ = ("bytes_in", "bytes_out", "duration", "duration_sum", "first_byte", "first_byte_sum")

    def __init__(self) -> None:
        self.bytes_in = 0
        self.bytes_out = 0
        self.duration = [0] * (len(BOUNDS) + 1)
        self.duration_sum = 0.0
        self.first_byte = [0] * (len(BOUNDS) + 1)
        self.first_byte_sum = 0.0


class Traffic:
    """All series; their number is bounded."""

    def __init__(self) -> None:
        self.series: dict[tuple[str, int], Series] = {}

    def count(
        self, route: str, status: int, seconds: float, first: float, bytes_in: int, bytes_out: int
    ) -> None:
        """One request is over; `first` is the time to the engine's reply, below 0 without one."""
        series = self.series.get((route, status)) or self._new(route, status)
        series.bytes_in += bytes_in
        series.bytes_out += bytes_out
        series.duration[bisect_left(BOUNDS, seconds)] += 1
        series.duration_sum += seconds
        if first >= 0:
            series.first_byte[bisect_left(BOUNDS, first)] += 1
            series.first_byte_sum += first

    def _new(self, route: str, status: int) -> Series:
        key = (route, status) if len(self.series) < MAX_SERIES else ("other", 0)
        return self.series.setdefault(key, Series())
