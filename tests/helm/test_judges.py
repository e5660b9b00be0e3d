"""What other programs say of every chart: helm lint, both helms, Kubernetes' own schemas."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.helm import split_manifests
from tests.support.profiles import ROOT
from tests.support.tools import find_made, find_tool

pytestmark = pytest.mark.slow
NEWER_THAN_1_30 = {
    "image": "image volumes came after Kubernetes 1.30, whose schemas the tool carries"
}
SCHEMAS = {"1.30": "", "1.36": "schemas"}
"""By version of Kubernetes: the folder of its schemas, empty for those that the tool carries."""


def test_helm_lints_every_chart(helm, charts):
    done = helm.run("lint", "--strict", *charts.values())
    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout
    assert f"{len(charts)} chart(s) linted, 0 chart(s) failed" in done.stdout


def test_both_helms_print_the_same(rendered):
    def documents(text):  # helm 4 prints an empty line after each
        return sorted(each.rstrip("\n") for each in split_manifests(text))

    for chart in rendered:
        assert documents(chart.manifests) == documents(chart.manifests_4), chart.name


def validate(version, directory):
    places = (find_made("crds"), ROOT / "tests" / "helm" / "crds")
    crds = [word for place in places for word in ("--local-crds", place)]
    folder = SCHEMAS[version]
    schemas = ["--local-schemas", find_made(folder)] if folder else []
    command = [find_tool("kubectl-validate"), *crds, *schemas, directory]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", SCHEMAS)
def test_kubernetes_accepts_every_object(installations, tmp_path, version):
    judged = [
        each for each in installations if version != "1.30" or each.chart not in NEWER_THAN_1_30
    ]
    for each in judged:
        (tmp_path / f"{each.name}.yaml").write_text(each.manifests, encoding="utf-8")
    done = validate(version, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("OK") == len(judged)


WRONG = {
    "wings-infer": ("containerPort: 9000", 'containerPort: "http"'),
    "chat": ("progressDeadlineSeconds:", "replicas: 1\n  progressDeadlineSeconds:"),
    "http-route": ("parentRefs:", "parentReferences:"),
    "monitoring": ("podMetricsEndpoints:", "endpoints:"),
    "scaled-cpu": ("minReplicaCount: 1", "minReplicaCount: one"),
    "scaled-queue": ("secretTargetRef:", "secretTargetReference:"),
    "scaled-http": ("portName: http", "portNames: http"),
    "group-scaled": ("idleReplicaCount: 0", "idleReplicaCount: none"),
    "group-volcano": ("minMember: 4", 'minMember: "4"'),
    "group": ("podManagementPolicy:", "podManagement:"),
}


@pytest.mark.parametrize("version", SCHEMAS)
@pytest.mark.parametrize("name", WRONG)
def test_the_judge_sees_a_wrong_object(rendered, tmp_path, name, version):
    right, wrong = WRONG[name]
    (chart,) = (each for each in rendered if each.name == name)
    assert right in chart.manifests
    (tmp_path / "wrong.yaml").write_text(chart.manifests.replace(right, wrong))
    assert validate(version, tmp_path).returncode != 0


def test_nothing_rendered_holds_a_null(installations):
    for each in installations:
        assert not [name for name in ("<nil>", "<no value>", "%!") if name in each.manifests]
