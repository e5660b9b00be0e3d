"""The metrics of a pod: its engine, its group, its requests."""

from __future__ import annotations

from collections.abc import Iterator

from wings_infer.control.engine_life import EngineLife
from wings_infer.control.lifecycle import Lifecycle
from wings_infer.control.states import State
from wings_infer.gateway.hub import Hub
from wings_infer.group.control import GroupControl
from wings_infer.reports.group_status import group_rows
from wings_infer.reports.prometheus import build_info, label_text, metric, request_metrics


def render_metrics(lifecycle: Lifecycle, hub: Hub) -> bytes:
    """All metrics of this program."""
    control, gate = lifecycle.control, hub.gate
    lines = [
        *build_info(),
        *metric("wings_engine_state", "gauge", "1 for the engine's state.", _states(control.state)),
        *metric(
            "wings_engine_ready",
            "gauge",
            "1 while requests are served.",
            [("", int(control.is_serving))],
        ),
        *metric(
            "wings_engine_restarts_total",
            "counter",
            "Starts after the first.",
            [("", control.restarts)],
        ),
        *metric("wings_engine_failures", "gauge", "Failures in a row.", [("", control.failures)]),
        *metric(
            "wings_requests_in_flight",
            "gauge",
            "Requests at the engine.",
            [("", len(gate.in_flight))],
        ),
        *metric(
            "wings_requests_waiting",
            "gauge",
            "Requests that wait for a place.",
            [("", len(gate.waiting))],
        ),
        *metric("wings_connections", "gauge", "Open client connections.", [("", len(hub.clients))]),
        *_group(control),
        *request_metrics(hub.journal.traffic),
    ]
    return "".join(lines).encode()


def _group(control: EngineLife) -> Iterator[str]:
    if isinstance(control, GroupControl):
        for name, kind, meaning, rows in group_rows(control):
            yield from metric(name, kind, meaning, rows)


def _states(current: State) -> list[tuple[str, float]]:
    return [(label_text(state=state.value), int(state is current)) for state in State]
