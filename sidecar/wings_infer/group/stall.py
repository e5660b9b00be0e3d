"""Notices an engine that works on requests and gets nowhere, by the counters of its metrics."""

from __future__ import annotations

from collections.abc import Sequence


class Progress:
    """Compares samples of the engine's counters; knows no clock."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        """Seconds without movement that are too many."""
        self._last: float | None = None
        self._since: float | None = None

    def is_stalled(self, total: float | None, is_working: bool, now: float) -> bool:
        """Takes a sample, None where the engine gave none; whether nothing has moved for too long."""
        has_moved = total is not None and total != self._last
        self._last = total if total is not None else self._last
        if not is_working or has_moved or self._since is None:
            self._since = now if is_working else None
            return False
        return now - self._since >= self.patience


def sum_counters(metrics: bytes, names: Sequence[str]) -> float | None:
    """The sum of all series of these names in Prometheus text; None when there is none."""
    total, found = 0.0, False
    wanted = tuple(name.encode() for name in names)
    for line in metrics.split(b"\n"):
        name = line.partition(b"{")[0].partition(b" ")[0]
        if name in wanted:
            try:
                total += float(_after_labels(line).split()[0])
            except (ValueError, IndexError):
                continue
            found = True
    return total if found else None


def _after_labels(line: bytes) -> bytes:
    return line.rpartition(b"}")[2] if b"}" in line else line.partition(b" ")[2]
