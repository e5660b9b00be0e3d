"""Two small charts, and what is on disk of one."""

from __future__ import annotations

from pathlib import Path

from tests.support.trees import texts
from wingsctl.adapters.chart_files import MARKER

ONE = {"Chart.yaml": "name: one\n", "templates/a.yaml": "a: 1\n", "templates/tests/t.yaml": "t\n"}
OTHER = {"Chart.yaml": "name: other\n", "values.yaml": "b: 2\n", "templates/b.yaml": "ü\n"}


def without_marker(directory: Path) -> dict[str, str]:
    """The files of a chart of wingsctl's, but its marker."""
    found = texts(directory)
    assert MARKER in found
    del found[MARKER]
    return found


def template_files(chart: Path) -> list[Path]:
    """The files below a chart's templates."""
    return sorted(path for path in (chart / "templates").rglob("*") if path.is_file())
