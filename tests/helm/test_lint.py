"""helm lint on every chart, by both helms; `make check` lints those of the shipped examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.helm import HelmBinary
from tests.support.profiles import EXAMPLES


def lint(helm: HelmBinary, charts: list[Path]) -> None:
    done = helm.run("lint", "--strict", *charts)
    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout
    assert f"{len(charts)} chart(s) linted, 0 chart(s) failed" in done.stdout


@pytest.fixture(scope="module")
def shipped() -> set[str]:
    """The names that the shipped examples give their charts."""
    yaml = YAML(typ="safe")
    return {yaml.load(path)["name"] for path in EXAMPLES.glob("*.wings.yaml")}


def test_helm_lints_the_charts_of_the_shipped_examples(helm, charts, shipped):
    lint(helm, [charts[name] for name in shipped])


@pytest.mark.slow
def test_helm_lints_every_other_chart(helm, charts, shipped):
    assert shipped < set(charts)
    lint(helm, [path for name, path in charts.items() if name not in shipped])
