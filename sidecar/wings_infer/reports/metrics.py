"""Prometheus text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wings_infer import __version__
from wings_infer.control.engine_life import EngineLife
from wings_infer.control.lifecycle import Lifecycle
from wings_infer.control.states import State
from wings_infer.gateway.gate import Gate
from wings_infer.group.control import GroupControl
from wings_infer.reports.group_status import group_rows
from wings_infer.reports.traffic import BOUNDS, Traffic


def render_metrics(lifecycle: Lifecycle, gate: Gate, traffic: Traffic, connections: int) -> bytes:
    """All metrics of this program."""
    control = lifecycle.control
    lines = [
        *_metric(
            "wings_build_info",
            "gauge",
            "Version of wings-infer.",
            [(_labels(version=__version__), 1)],
        ),
        *_metric("wings_engine_state", "gauge", "1 for the engine's state.", _states(control.state)),
        *_metric(
            "wings_engine_ready",
            "gauge",
            "1 while requests are served.",
            [("", int(control.is_serving))],
        ),
        *_metric(
            "wings_engine_restarts_total",
            "counter",
            "Starts after the first.",
            [("", control.restarts)],
        ),
        *_metric("wings_engine_failures", "gauge", "Failures in a row.", [("", control.failures)]),
        *_metric(
            "wings_requests_in_flight",
            "gauge",
            "Requests at the engine.",
            [("", len(gate.in_flight))],
        ),
        *_metric(
            "wings_requests_waiting",
            "gauge",
            "Requests that wait for a place.",
            [("", len(gate.waiting))],
        ),
        *_metric("wings_connections", "gauge", "Open client connections.", [("", connections)]),
        *_group(control),
        *_requests(traffic),
    ]
    return "".join(lines).encode()


def _group(control: EngineLife) -> Iterator[str]:
    if isinstance(control, GroupControl):
        for name, kind, meaning, rows in group_rows(control):
            yield from _metric(name, kind, meaning, rows)


def _requests(traffic: Traffic) -> Iterator[str]:
    series = sorted(traffic.series.items())
    labels = [(_labels(route=route, status=str(status)), one) for (route, status), one in series]
    yield from _metric(
        "wings_requests_total", "counter", "Finished requests.",
        [(label, sum(one.duration)) for label, one in labels],
    )  # fmt: skip
    yield from _metric(
        "wings_request_bytes_total", "counter", "Bytes of request bodies.",
        [(label, one.bytes_in) for label, one in labels],
    )  # fmt: skip
    yield from _metric(
        "wings_reply_bytes_total", "counter", "Bytes of reply bodies.",
        [(label, one.bytes_out) for label, one in labels],
    )  # fmt: skip
    yield from _histograms(
        "wings_request_seconds", "From a request's head to the end of its reply.",
        [(label, one.duration, one.duration_sum) for label, one in labels],
    )  # fmt: skip
    yield from _histograms(
        "wings_first_byte_seconds", "From a request's head to the engine's reply head.",
        [(label, one.first_byte, one.first_byte_sum) for label, one in labels],
    )  # fmt: skip


def _histograms(name: str, meaning: str, rows: list[tuple[str, list[int], float]]) -> Iterator[str]:
    yield f"# HELP {name} {meaning}\n# TYPE {name} histogram\n"
    for labels, counts, seconds in rows:
        inner = labels[1:-1]
        total = 0
        for bound, count in zip((*BOUNDS, "+Inf"), counts, strict=True):
            total += count
            yield f'{name}_bucket{{{inner},le="{bound}"}} {total}\n'
        yield f"{name}_sum{labels} {seconds}\n{name}_count{labels} {total}\n"


def _metric(name: str, kind: str, meaning: str, rows: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"
    for labels, value in rows:
        yield f"{name}{labels} {value}\n"


def _states(current: State) -> list[tuple[str, float]]:
    return [(_labels(state=state.value), int(state is current)) for state in State]


def _labels(**labels: str) -> str:
    escaped = [f'{key}="{_escape(value)}"' for key, value in labels.items()]
    return "{" + ",".join(escaped) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
