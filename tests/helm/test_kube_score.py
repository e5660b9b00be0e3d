"""kube-score finds nothing in any chart that `kube-score-waivers.yaml` gives no reason for."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

from tests.support.manifests import read_manifests
from tests.support.tools import find_tool

pytestmark = pytest.mark.slow
WAIVERS = Path(__file__).parent / "kube-score-waivers.yaml"
OPTIONAL = ("container-seccomp-profile", "container-ports-check")
GOOD = 10


class Finding(NamedTuple):
    """One check that failed on one object."""

    check: str
    finding: str
    kind: str


def score(releases):
    """The findings of each release, by its name; each lies in a namespace of its own."""
    namespaces = {name: f"release-{number}" for number, name in enumerate(releases)}
    documents = [
        json.dumps({**each, "metadata": {**each["metadata"], "namespace": namespaces[name]}})
        for name, objects in releases.items()
        for each in objects
    ]
    command = [find_tool("kube-score"), "score", "--output-format", "json", "-"]
    options = [f"--enable-optional-test={each}" for each in OPTIONAL]
    done = subprocess.run(
        [*command, "--kubernetes-version", "v1.36", *options],
        input="\n---\n".join(documents), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    found = {namespace: set() for namespace in namespaces.values()}
    for each in json.loads(done.stdout):
        found[each["object_meta"]["namespace"]].update(findings_of(each))
    return {name: sorted(found[namespace]) for name, namespace in namespaces.items()}


def findings_of(each):
    for check in each["checks"]:
        if check["grade"] < GOOD and not check["skipped"]:
            for comment in check["comments"] or [{"summary": ""}]:
                yield Finding(check["check"]["id"], comment["summary"], each["type_meta"]["kind"])


@pytest.fixture(scope="module")
def scores(installations, store):
    """The findings of every chart and variant, and of what is broken."""

    def judge():
        return score({each.name: each.objects for each in installations} | broken(installations[0]))

    found = store.value("kube-score", judge)
    return {name: {Finding(*each) for each in findings} for name, findings in found.items()}


@pytest.fixture(scope="module")
def found(installations, scores):
    """Findings of every chart and variant."""
    return [(each, scores[each.name]) for each in installations]


def read_waivers():
    """(finding, chart or variant) of each; None stands for every chart."""
    for waiver in YAML(typ="safe").load(WAIVERS):
        assert set(waiver) - {"only"} == {"check", "findings", "on", "reason"}, waiver
        assert len(waiver["reason"]) > 20, waiver
        for text in waiver["findings"]:
            for kind in waiver["on"]:
                for place in waiver.get("only", [None]):
                    yield Finding(waiver["check"], text, kind), place


def test_every_finding_has_a_waiver(found):
    waived = set(read_waivers())
    assert not {
        (each.name, *finding)
        for each, findings in found
        for finding in findings
        if not {(finding, None), (finding, each.chart), (finding, each.variant)} & waived
    }


def test_every_waiver_is_needed(found):
    needed = {
        (finding, place)
        for each, findings in found
        for finding in findings
        for place in (None, each.chart, each.variant)
    }
    waivers = list(read_waivers())
    assert sorted(set(waivers) - needed) == []
    assert len(waivers) == len(set(waivers))


WRONG = {
    "container-security-context-readonlyrootfilesystem":
        ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
    "container-ephemeral-storage-request-and-limit": (", ephemeral-storage: 16Mi", ""),
    "service-targets-pod": ("\n    app.kubernetes.io/component: engine", "\n    a: b"),
    "container-seccomp-profile": ("seccompProfile:", "seLinuxOptions:"),
    "container-ports-check": ("{name: cluster, ", "{name: cluster-of-pods0, "),
}  # fmt: skip


def broken(chart):
    """A release for each check: nothing is wrong in it but one thing."""
    for right, _ in WRONG.values():
        assert right in chart.manifests
    return {
        f"broken: {check}": read_manifests(chart.manifests.replace(right, wrong))
        for check, (right, wrong) in WRONG.items()
    }


def test_the_judge_sees_what_is_wrong(installations, scores):
    right = {finding.check for finding in scores[installations[0].name]}
    assert right.isdisjoint(WRONG)
    unseen = [
        check
        for check in WRONG
        if check not in {finding.check for finding in scores[f"broken: {check}"]}
    ]
    assert unseen == []


def test_releases_are_judged_apart():
    """A policy of one release protects no pod of another."""
    labels = {"app": "a"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": labels},
           "spec": {"containers": [{"name": "a", "image": "a:1"}]}}  # fmt: skip
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
              "metadata": {"name": "a"},
              "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress", "Egress"],
                       "ingress": [{}], "egress": [{}]}}  # fmt: skip
    scores = score({"both": [pod, policy], "a pod": [pod], "a policy": [policy]})
    checks = {name: {finding.check for finding in found} for name, found in scores.items()}
    assert "pod-networkpolicy" in checks["a pod"] - checks["both"]
    assert "networkpolicy-targets-pod" in checks["a policy"] - checks["both"]
