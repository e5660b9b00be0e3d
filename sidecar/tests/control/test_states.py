"""The whole table of states."""

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


def test_next_state():
    assert {state: tuple(next_state(state, event) for event in Event) for state in State} == TABLE


def test_table_has_only_changes():
    assert all(state is not after for (state, _), after in NEXT.items())
