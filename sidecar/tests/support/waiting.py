"""Waits for facts, never for time alone."""

import time

LIMIT_SECONDS = 120
"""No measure of anything: ends a test that would never end, also on a machine with other work."""


def wait_for(fact, what="the awaited fact", limit=LIMIT_SECONDS):
    """The first true value of fact(); `what` may be a function, called when none came."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = fact()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what() if callable(what) else what} did not come within {limit} s")
