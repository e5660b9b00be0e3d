"""Releases of 0.1.0's charts, upgraded in each way that keeps or forgets their values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.helm import HELM_3, HELM_4, HelmBinary
from tests.support.old_charts import OLD_CASES, old_chart, with_old_values

OLD, NEW, FILE = "the old chart", "the new chart's values", "-f of the old values.yaml"
REUSED, REUSED_BY_4 = "--reuse-values", "--reuse-values by helm 4"
MODES = (NEW, FILE, REUSED, REUSED_BY_4)


@dataclass(frozen=True)
class Upgrade:
    """What a release has of the old chart, and what it has after `helm upgrade`."""

    case: str
    mode: str
    old: list[dict[str, Any]]
    new: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return f"{self.case}, {self.mode}"


Run = tuple[HelmBinary, Path, str]
"""The helm, its chart, and the text of a values file."""


@pytest.fixture(scope="session")
def upgrades(
    todays_charts: dict[str, Path],
    helms: dict[str, HelmBinary],
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Upgrade]:
    """Every case in every mode; fails with helm's message where a helm refuses one."""
    copies = tmp_path_factory.mktemp("reused")
    reused = {case: with_old_values(case, todays_charts[case], copies) for case in OLD_CASES}
    helm_3, helm_4 = helms[HELM_3], helms[HELM_4]
    runs: dict[tuple[str, str], Run] = {}
    for case in OLD_CASES:
        old, new = old_chart(case), todays_charts[case]
        runs[case, OLD] = helm_3, old, ""
        runs[case, NEW] = helm_3, new, ""
        runs[case, FILE] = helm_3, new, (old / "values.yaml").read_text("utf-8")
        runs[case, REUSED] = helm_3, reused[case], ""
        runs[case, REUSED_BY_4] = helm_4, reused[case], ""
    with ThreadPoolExecutor(2) as pool:
        objects = dict(zip(runs, pool.map(_look, runs.values()), strict=True))
    return [
        Upgrade(case, mode, objects[case, OLD], objects[case, mode])
        for case in OLD_CASES
        for mode in MODES
    ]


def _look(run: Run) -> list[dict[str, Any]]:
    helm, chart, values = run
    return helm.template(chart, *(["-f", "-"] if values else []), stdin=values or None)
