"""Name, time-out and values of a chart on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wingsctl.adapters.text_files import read_text
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.chart.metadata import TIMEOUT_ANNOTATION
from wingsctl.documents import Document, Key, Place, Problem
from wingsctl.errors import ProfileError


@dataclass(frozen=True)
class ChartFacts:
    """`timeout_seconds` fits the values it was rendered with; `values` are its own."""

    name: str
    timeout_seconds: int | None
    values: Document

    def value(self, *path: str) -> Any:
        """The chart's own value at a path, or None; what else is wrong with it, helm reports."""
        return _at(self.values.data, *path)

    def warning(self, path: tuple[Key, ...], message: str, hint: str) -> Problem:
        """About a value, wherever it was set: its place in values.yaml."""
        return self.values.problem(path, message, hint, severity="warning")


def read_chart_facts(chart: Path) -> ChartFacts:
    """Raises ProfileError where Chart.yaml names no chart, or a file is not YAML."""
    path = chart / "Chart.yaml"
    metadata = parse_yaml(read_text(path), str(path))
    name = _at(metadata.data, "name")
    if not isinstance(name, str):
        problem = metadata.problem(("name",), "is required but missing")
        raise ProfileError(f"{path} is not valid", problems=[problem])
    seconds = str(_at(metadata.data, "annotations", TIMEOUT_ANNOTATION))
    known = int(seconds) if seconds.isascii() and seconds.isdigit() else None
    return ChartFacts(name, known, _values(chart / "values.yaml"))


def _values(path: Path) -> Document:
    if path.is_file():
        return parse_yaml(read_text(path), str(path))
    return Document(str(path), {}, lambda _: Place(1, 1))


def _at(data: Any, *path: str) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data
