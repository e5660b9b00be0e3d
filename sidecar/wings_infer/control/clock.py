"""The clock that both containers of a pod share."""

from __future__ import annotations

import time
from pathlib import Path


def uptime() -> float:
    """Seconds as /proc/uptime counts them: monotonic, and the same in the engine's container."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) + _OFFSET


def _offset() -> float:
    try:
        shown = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0
    return shown - time.clock_gettime(time.CLOCK_BOOTTIME)


_OFFSET = _offset()
"""Some sandboxes let /proc/uptime begin elsewhere."""
