"""The metrics of a front door."""

from __future__ import annotations

from wings_infer.front_door.gate import DoorGate
from wings_infer.gateway.hub import Hub
from wings_infer.reports.prometheus import (
    build_info,
    histogram,
    label_text,
    metric,
    request_metrics,
)


def render_door_metrics(hub: Hub, gate: DoorGate) -> bytes:
    """All metrics of this program."""
    tallies, backends = gate.tallies, gate.backends
    gauges = {
        "wings_requests_in_flight": ("Requests at the pods.", len(gate.in_flight)),
        "wings_requests_waiting": ("Requests that wait for a pod.", len(gate.waiting)),
        "wings_connections": ("Open client connections.", len(hub.clients)),
        "wings_backends": ("Ready pods that are known.", len(backends)),
        "wings_backends_aside": ("Ready pods that get nothing for a while.", backends.aside),
        "wings_held_bytes": ("What is kept of requests.", gate.held_bytes),
    }
    lines = [*build_info()]
    for name, (meaning, value) in gauges.items():
        lines += metric(name, "gauge", meaning, [("", value)])
    lines += histogram(
        "wings_held_seconds", "How long requests waited for a pod.",
        [("", tallies.held, tallies.held_seconds)],
    )  # fmt: skip
    lines += metric(
        "wings_refused_total", "counter", "Requests refused after waiting, or instead of it.",
        [(label_text(reason=reason), count) for reason, count in tallies.refused.items()],
    )  # fmt: skip
    lines += metric(
        "wings_resent_total", "counter", "Requests that another pod got, as the first took nothing.",
        [(label_text(reason=reason), count) for reason, count in tallies.retried.items()],
    )  # fmt: skip
    lines += request_metrics(hub.journal.traffic)
    return "".join(lines).encode()
