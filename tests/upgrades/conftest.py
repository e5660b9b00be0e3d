"""Releases of 0.1.0's charts, upgraded in each way that keeps or forgets their values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.helm import HELM_3, HELM_4, HelmBinary
from tests.support.installations import print_manifests, read_many
from tests.support.old_charts import OLD_CASES, old_chart, with_old_values
from tests.support.tools import find_tool

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


Run = tuple[HelmBinary, Path, list[str]]


@pytest.fixture(scope="session")
def upgrades(
    todays_charts: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> list[Upgrade]:
    """Every case in every mode; fails with helm's message where a helm refuses one."""
    copies = tmp_path_factory.mktemp("reused")
    reused = {case: with_old_values(case, todays_charts[case], copies) for case in OLD_CASES}
    helm_3, helm_4 = (HelmBinary(find_tool(name)) for name in (HELM_3, HELM_4))
    runs: dict[tuple[str, str], Run] = {}
    for case in OLD_CASES:
        old, new = old_chart(case), todays_charts[case]
        runs[case, OLD] = helm_3, old, []
        runs[case, NEW] = helm_3, new, []
        runs[case, FILE] = helm_3, new, ["-f", str(old / "values.yaml")]
        runs[case, REUSED] = helm_3, reused[case], []
        runs[case, REUSED_BY_4] = helm_4, reused[case], []
    objects = _print_and_read(runs)
    return [
        Upgrade(case, mode, objects[case, OLD], objects[case, mode])
        for case in OLD_CASES
        for mode in MODES
    ]


def _print_and_read(runs: dict[Any, Run]) -> dict[Any, list[dict[str, Any]]]:
    """The objects that each run of helm prints."""

    def look(run: Run) -> str:
        helm, chart, arguments = run
        return print_manifests(helm, chart, "demo", *arguments)

    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(look, runs.values()))
    return dict(zip(runs, read_many(HelmBinary(find_tool(HELM_3)), texts), strict=True))
