"""Many sets of values in one run of helm.

Starting helm costs more than rendering a chart, and helm judges and renders the charts inside of a
chart as it does any other. So a chart that holds others under many names answers for many sets of
values. `tests/helm/test_umbrella.py` compares it with a run for each. One thing differs: a group's
WINGS_TEMPLATE, which is a hash of labels too, and these have the name.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.support.helm import HelmBinary
from tests.support.manifests import split_manifests

Values = Mapping[str, Any] | Sequence[str]
"""As a values file has them, or as options: `--set`, `a.b=c` and so on."""
_ROW = re.compile(r"\b(row\d+)\b")
_SOURCE = re.compile(r"# Source: umbrella/charts/(row\d+)/")
_REFUSED = re.compile(r"(?m)^(row\d+):\n")


@dataclass(frozen=True)
class _Row:
    label: str
    chart: str
    version: str
    values: Values


class Umbrella:
    """A chart below `place` with one chart inside for each row: label -> (chart, values)."""

    def __init__(self, place: Path, rows: Mapping[str, tuple[Path, Values]]) -> None:
        self.place = place
        charts = dict.fromkeys(chart for chart, _ in rows.values())
        heads = {chart: _copy(chart, place / "charts") for chart in charts}
        self.rows = {
            f"row{number}": _Row(label, *heads[chart], values)
            for number, (label, (chart, values)) in enumerate(rows.items())
        }
        dependencies = [
            {"name": row.chart, "version": row.version, "alias": alias}
            for alias, row in self.rows.items()
        ]
        head = {"apiVersion": "v2", "name": "umbrella", "version": "0.0.1"}
        text = json.dumps({**head, "dependencies": dependencies})
        (place / "Chart.yaml").write_text(text, encoding="utf-8")

    def refusals(self, helm: HelmBinary) -> dict[str, str]:
        """What helm says by a schema against the values of a row; rows that pass are not there."""
        done = self._run(helm)
        if done.returncode == 0:
            return {}
        assert "schema" in done.stderr, self._labelled(done.stderr)
        _, *parts = _REFUSED.split(done.stderr)
        found = zip(parts[::2], parts[1::2], strict=True)
        return {self.rows[alias].label: text for alias, text in found}

    def manifests(self, helm: HelmBinary) -> dict[str, list[str]]:
        """The documents of each row, as if its chart still had its own name; sorted."""
        done = self._run(helm)
        assert done.returncode == 0, self._labelled(done.stderr)
        found: dict[str, list[str]] = {alias: [] for alias in self.rows}
        for document in split_manifests(done.stdout):
            source = _SOURCE.search(document)
            assert source, document
            # helm 4 ends every document but the last with an empty line.
            text = document.rstrip("\n")
            found[source[1]].append(_renamed(text, self.rows[source[1]].chart))
        return {row.label: sorted(found[alias]) for alias, row in self.rows.items()}

    def _run(self, helm: HelmBinary) -> CompletedProcess[str]:
        files = {a: row.values for a, row in self.rows.items() if isinstance(row.values, Mapping)}
        options = ["-n", "llm", "-f", "-", *self._options()]
        return helm.run("template", "demo", self.place, *options, stdin=json.dumps(files))

    def _options(self) -> Iterator[str]:
        for alias, row in self.rows.items():
            if not isinstance(row.values, Mapping):
                pairs = zip(row.values[::2], row.values[1::2], strict=True)
                for option, setting in pairs:
                    yield from (option, f"{alias}.{setting}")

    def _labelled(self, text: str) -> str:
        return _ROW.sub(lambda found: self.rows[found[1]].label, text)


def _copy(chart: Path, place: Path) -> tuple[str, str]:
    """Name and version of a chart that lies in `place` now."""
    text = (chart / "Chart.yaml").read_text("utf-8")
    name, version = (
        re.findall(rf'(?m)^{key}: "?([^"\n]+)', text)[0] for key in ("name", "version")
    )
    shutil.copytree(chart, place / name)
    return name, version


def _renamed(text: str, name: str) -> str:
    return _ROW.sub(name, text.replace("# Source: umbrella/charts/", "# Source: "))
