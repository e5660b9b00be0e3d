"""The whole table of states."""

import pytest

from wings_infer.control.states import NEXT, Event, State, next_state

TABLE = {
    # state: after RUNS, ENDED, HEALTHY, SICK, TERMINATE, RELEASED
    "starting": ("loading", "starting", "starting", "starting", "draining", "starting"),
    "loading": ("loading", "starting", "ready", "loading", "draining", "loading"),
    "ready": ("ready", "starting", "ready", "unhealthy", "draining", "ready"),
    "unhealthy": ("unhealthy", "starting", "ready", "unhealthy", "draining", "unhealthy"),
    "draining": ("draining", "draining", "draining", "draining", "draining", "stopped"),
    "stopped": ("stopped", "stopped", "stopped", "stopped", "stopped", "stopped"),
}
CASES = [
    (state, event, after)
    for state, row in TABLE.items()
    for event, after in zip(Event, row, strict=True)
]


@pytest.mark.parametrize(("state", "event", "after"), CASES, ids=str)
def test_next_state(state, event, after):
    assert next_state(State(state), event) == after


def test_table_has_only_changes():
    assert all(state is not after for (state, _), after in NEXT.items())
