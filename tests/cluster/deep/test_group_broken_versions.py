"""A version whose image does not exist, with helm 4; quick/test_group_turns.py has helm 3."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from tests.cluster.broken_versions import LACKS_IMAGE, assert_helm_takes_it_back
from tests.cluster.groups import Groups

COVERS = (
    "chart-templates/alone", "chart-templates/core", "chart-templates/leader-worker",
    "chart-templates/storage", "chart-templates/tests", "sidecar/wings_infer",
)  # fmt: skip
SIZE = 2


@pytest.fixture(scope="module")
def groups(module_release, clients) -> Groups:
    release = module_release("turns")
    release.apply_ok("--set", "replicas=2")
    return Groups(release, clients, SIZE)


def test_helm_takes_it_back_while_the_other_group_serves(groups):
    groups.wait_ready(2)
    assert_helm_takes_it_back(groups, LACKS_IMAGE)


def test_helm_gives_up_before_a_group_that_serves_takes_its_turn(groups):
    yaml = YAML(typ="safe")
    turn = yaml.load(groups.release.chart / "values.yaml")["shutdown"]["turnSeconds"]
    chart = yaml.load(groups.release.chart / "Chart.yaml")
    assert int(chart["annotations"]["wingsctl/helm-timeout-seconds"]) < turn
