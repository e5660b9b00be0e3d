"""What a front door counts beside its requests."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from wings_infer.reports.traffic import BOUNDS

REFUSALS: Final = ("deadline", "waiting", "bytes")
RETRIES: Final = ("connect", "not-taken")


class Tallies:
    """Counters since the start."""

    def __init__(self) -> None:
        self.refused = dict.fromkeys(REFUSALS, 0)
        self.retried = dict.fromkeys(RETRIES, 0)
        self.held = [0] * (len(BOUNDS) + 1)
        self.held_seconds = 0.0

    def note_held(self, seconds: float) -> None:
        """A request waited for a pod this long, whatever came then."""
        self.held[bisect_left(BOUNDS, seconds)] += 1
        self.held_seconds += seconds
