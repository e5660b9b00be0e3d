"""kube-score finds nothing in any chart that `kube-score-waivers.yaml` gives no reason for."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

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


def score(manifests):
    command = [find_tool("kube-score"), "score", "--output-format", "json", "-"]
    options = [f"--enable-optional-test={each}" for each in OPTIONAL]
    done = subprocess.run(
        [*command, "--kubernetes-version", "v1.36", *options],
        input=manifests, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return set(findings_of(json.loads(done.stdout)))


def findings_of(objects):
    for each in objects:
        for check in each["checks"]:
            if check["grade"] < GOOD and not check["skipped"]:
                for comment in check["comments"] or [{"summary": ""}]:
                    kind = each["type_meta"]["kind"]
                    yield Finding(check["check"]["id"], comment["summary"], kind)


@pytest.fixture(scope="module")
def found(installations):
    """Findings of every chart and variant."""
    with ThreadPoolExecutor(2) as pool:
        scores = list(pool.map(score, [each.manifests for each in installations]))
    return list(zip(installations, scores, strict=True))


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


@pytest.mark.parametrize("check", WRONG)
def test_the_judge_sees(rendered, check):
    right, wrong = WRONG[check]
    manifests = rendered[0].manifests
    assert right in manifests
    assert check not in {finding.check for finding in score(manifests)}
    assert check in {finding.check for finding in score(manifests.replace(right, wrong))}
