"""Many sets of values for one chart in one run of helm.

Starting helm costs more than rendering a chart. Helm judges and renders the charts inside a chart like any other,
so a chart that holds the same one under many names answers for each set of values by its name.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.helm import HelmBinary
from tests.support.manifests import split_manifests

Values = Mapping[str, Any]
_SOURCE = re.compile(r"# Source: umbrella/charts/(row\d+)/")
_REFUSED = re.compile(r"(?m)^(row\d+):\n")


class Umbrella:
    """A chart with one chart inside for each row of a table."""

    def __init__(self, place: Path, rows: Mapping[str, tuple[Path, Values]]) -> None:
        self.place = place
        self.rows = {f"row{number}": name for number, name in enumerate(rows)}
        self.values = {
            row: values for row, (_, values) in zip(self.rows, rows.values(), strict=True)
        }
        charts = dict.fromkeys(chart for chart, _ in rows.values())
        names = {chart: _copy(chart, place / "charts") for chart in charts}
        dependencies = [
            {"name": names[chart][0], "version": names[chart][1], "alias": row}
            for row, (chart, _) in zip(self.rows, rows.values(), strict=True)
        ]
        head = {"apiVersion": "v2", "name": "umbrella", "version": "0.0.1"}
        text = json.dumps({**head, "dependencies": dependencies})
        (place / "Chart.yaml").write_text(text, encoding="utf-8")

    def refusals(self, helm: HelmBinary) -> dict[str, str]:
        """What the schema says against the values of each row; rows that pass are not there."""
        done = self._run(helm)
        if done.returncode == 0:
            return {}
        assert "schema" in done.stderr, done.stderr
        _, *parts = _REFUSED.split(done.stderr)
        return {self.rows[row]: text for row, text in zip(parts[::2], parts[1::2], strict=True)}

    def manifests(self, helm: HelmBinary) -> dict[str, str]:
        """What helm prints of each row, as if the chart still had its own name."""
        done = self._run(helm)
        assert done.returncode == 0, done.stderr
        found = dict.fromkeys(self.rows.values(), "")
        for document in split_manifests(done.stdout):
            row = _SOURCE.search(document)[1]
            found[self.rows[row]] += "---\n" + document
        return found

    def _run(self, helm: HelmBinary) -> Any:
        return helm.run(
            "template", "demo", self.place, "-n", "llm", "-f", "-", stdin=json.dumps(self.values)
        )


def _copy(chart: Path, place: Path) -> tuple[str, str]:
    """Name and version of a chart that lies in `place` now."""
    text = (chart / "Chart.yaml").read_text("utf-8")
    name, version = (
        re.search(rf"(?m)^{key}: \"?([^\"\n]+)", text)[1] for key in ("name", "version")
    )
    shutil.copytree(chart, place / name)
    return name, version
