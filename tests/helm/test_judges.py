"""What other programs say of every chart: both helms, Kubernetes' own schemas."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.support.manifests import split_manifests
from tests.support.profiles import ROOT
from tests.support.tools import find_made, find_tool

pytestmark = pytest.mark.slow
NEWER_THAN_1_30 = {
    "image": "image volumes came after Kubernetes 1.30, whose schemas the tool carries"
}
SCHEMAS = {"1.30": "", "1.36": "schemas"}
"""By version of Kubernetes: the folder of its schemas, empty for those that the tool carries."""


def test_both_helms_print_the_same(rendered):
    def documents(text):  # helm 4 prints an empty line after each
        return sorted(each.rstrip("\n") for each in split_manifests(text))

    for chart in rendered:
        assert documents(chart.manifests) == documents(chart.manifests_4), chart.name


def complaints(version, place, documents):
    """What Kubernetes' schemas say against each document, by its label."""
    for number, text in enumerate(documents.values()):
        (place / f"{number}.yaml").write_text(text, encoding="utf-8")
    crds = (find_made("crds"), ROOT / "tests" / "helm" / "crds")
    options = [word for folder in crds for word in ("--local-crds", folder)]
    if SCHEMAS[version]:
        options += ["--local-schemas", find_made(SCHEMAS[version])]
    command = [find_tool("kubectl-validate"), "--output", "json", *options, place]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    verdicts = json.loads(done.stdout)
    found = {
        label: [each["message"] for each in verdicts[str(place / f"{number}.yaml")]
                if each["status"] != "Success"]
        for number, label in enumerate(documents)
    }  # fmt: skip
    assert len(verdicts) == len(documents)
    assert (done.returncode != 0) == any(found.values()), done.stderr
    return {label: messages for label, messages in found.items() if messages}


def without_source(document):
    """A document without the line that names its template."""
    return re.sub(r"(?m)\A# Source: .*\n", "", document)


@pytest.mark.parametrize("version", SCHEMAS)
def test_kubernetes_accepts_every_object(installations, tmp_path, version):
    """Many charts and variants have the same object: it is judged once, as the first has it."""
    first = {}
    for each in installations:
        if version != "1.30" or each.chart not in NEWER_THAN_1_30:
            for document in split_manifests(each.manifests):
                first.setdefault(without_source(document), each.name)
    documents = {f"{name}, {n}": text for n, (text, name) in enumerate(first.items())}
    assert complaints(version, tmp_path, documents) == {}


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
def test_the_judge_sees_a_wrong_object(rendered, tmp_path, version):
    by_name = {chart.name: chart.manifests for chart in rendered}
    documents = {}
    for name, (right, wrong) in WRONG.items():
        assert right in by_name[name]
        documents[name] = by_name[name].replace(right, wrong)
    assert set(complaints(version, tmp_path, documents)) == set(WRONG)


def test_nothing_rendered_holds_a_null(installations):
    for each in installations:
        assert not [name for name in ("<nil>", "<no value>", "%!") if name in each.manifests]
