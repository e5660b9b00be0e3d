"""Waits for facts, never for time alone."""

import time

LIMIT_SECONDS = 20


def wait_for(fact, what="the awaited fact", limit=LIMIT_SECONDS):
    """The first true value of fact()."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = fact()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come within {limit} s")
