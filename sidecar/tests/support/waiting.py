"""Waits for facts, never for time alone."""

import time

LIMIT_SECONDS = 120
"""No measure of anything: ends a test that would never end, also on a machine with other work."""


def wait_for(fact, what="the awaited fact", limit=LIMIT_SECONDS):
    """The first true value of fact(); `what` may be a function, called when none came.

    The longer it takes the more seldom it asks: who waits long leaves the machine to the others.
    """
    begin = time.monotonic()
    while time.monotonic() < begin + limit:
        value = fact()
        if value:
            return value
        time.sleep(min(0.1, 0.01 + (time.monotonic() - begin) / 20))
    raise AssertionError(f"{what() if callable(what) else what} did not come within {limit} s")
