"""Prometheus text: how a metric is written, and what every program here counts of its requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wings_infer import __version__
from wings_infer.reports.traffic import BOUNDS, Traffic

METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


def metric(name: str, kind: str, meaning: str, rows: Iterable[tuple[str, float]]) -> Iterator[str]:
    """One metric; each row has its labels, ready-made, and its value."""
    yield f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"
    for labels, value in rows:
        yield f"{name}{labels} {value}\n"


def histogram(name: str, meaning: str, rows: list[tuple[str, list[int], float]]) -> Iterator[str]:
    """One histogram over BOUNDS; each row has its labels, counts by bucket, and sum in seconds."""
    yield f"# HELP {name} {meaning}\n# TYPE {name} histogram\n"
    for labels, counts, seconds in rows:
        inner = f"{labels[1:-1]}," if labels else ""
        total = 0
        for bound, count in zip((*BOUNDS, "+Inf"), counts, strict=True):
            total += count
            yield f'{name}_bucket{{{inner}le="{bound}"}} {total}\n'
        yield f"{name}_sum{labels} {seconds}\n{name}_count{labels} {total}\n"


def build_info() -> Iterator[str]:
    """Which version this is."""
    rows = [(label_text(version=__version__), 1)]
    yield from metric("wings_build_info", "gauge", "Version of wings-infer.", rows)


def request_metrics(traffic: Traffic) -> Iterator[str]:
    """Counts, sizes and times of finished requests."""
    series = sorted(traffic.series.items())
    labels = [(label_text(route=route, status=str(status)), one) for (route, status), one in series]
    yield from metric(
        "wings_requests_total", "counter", "Finished requests.",
        [(label, sum(one.duration)) for label, one in labels],
    )  # fmt: skip
    yield from metric(
        "wings_request_bytes_total", "counter", "Bytes of request bodies.",
        [(label, one.bytes_in) for label, one in labels],
    )  # fmt: skip
    yield from metric(
        "wings_reply_bytes_total", "counter", "Bytes of reply bodies.",
        [(label, one.bytes_out) for label, one in labels],
    )  # fmt: skip
    yield from histogram(
        "wings_request_seconds", "From a request's head to the end of its reply.",
        [(label, one.duration, one.duration_sum) for label, one in labels],
    )  # fmt: skip
    yield from histogram(
        "wings_first_byte_seconds", "From a request's head to the engine's reply head.",
        [(label, one.first_byte, one.first_byte_sum) for label, one in labels],
    )  # fmt: skip


def label_text(**labels: str) -> str:
    """Labels in braces."""
    escaped = [f'{key}="{_escape(value)}"' for key, value in labels.items()]
    return "{" + ",".join(escaped) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
