"""A part that covers less than its run has used fails, and names what is missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.cluster.proofs.code import ROOT
from tests.cluster.proofs.coverage import missing
from tests.cluster.proofs.figures import RECORD
from tests.cluster.proofs.parts import Part
from tests.cluster.proofs.pods import FILE, noted_pods, of_real_engine, programs
from tests.cluster.proofs.prove import judged
from tests.cluster.proofs.watch import Uses, noted_uses
from tests.cluster.schedule import Done

COVERS = (
    "chart-templates/core", "chart-templates/alone", "chart-templates/leader-worker",
    "chart-templates/storage", "chart-templates/tests", "sidecar/wings_infer",
    "wingsctl/actions", "wingsctl/adapters", "wingsctl/chart/values_waits.py", "wingsctl/cli",
)  # fmt: skip
PART = Part(ROOT / "tests" / "cluster" / "release.py", COVERS)
"""Any file of the cluster's tests will do: it is read, not run."""
GATEWAY = {"image": "localhost/wings-infer:0.1.0", "args": ["vllm", "serve"]}
CHECK = {"image": "localhost/wings-infer:0.1.0", "command": ["python3", "-m", "wings_infer.check"]}
ENGINE = {
    "image": "localhost/wings-base:bookworm",
    "command": ["/bin/sh", "/wings/engine-entrypoint.sh"],
}


def pod(*containers, uid="a", **metadata):
    return {"metadata": {"uid": uid, **metadata}, "spec": {"containers": list(containers)}}


@pytest.fixture(scope="module")
def uses(tmp_path_factory) -> Uses:
    """Of a real `wingsctl install` that is refused by the cluster: there is none."""
    folder = tmp_path_factory.mktemp("record")
    subprocess.run(
        [sys.executable, "-m", "tests.cluster.proofs.recorded", "install",
         "tests/cluster/profiles/turns.wings.yaml", "--catalog", "tests/cluster/catalog",
         "--output-dir", folder / "charts"],
        cwd=ROOT, capture_output=True, check=False,
        env={**os.environ, RECORD: str(folder), "KUBECONFIG": os.devnull},
    )  # fmt: skip
    return noted_uses(folder)


def test_wingsctl_notes_what_it_loads_reads_and_renders(uses):
    assert {"wingsctl.cli.install", "wingsctl.actions.install_release"} <= uses.modules
    assert {
        "chart-templates/core/files/engine-entrypoint.sh",
        "chart-templates/leader-worker/group/templates/_group.tpl.j2",
        "tests/cluster/profiles/turns.wings.yaml",
    } <= uses.files
    assert "wingsctl.cli.pause" not in uses.modules, "it is loaded, and not run"
    assert [name for name, _ in uses.profiles] == ["turns.wings.yaml"]
    assert not [each for each in uses.files if each.endswith(".py")]


def test_a_part_that_covers_all_lacks_nothing(uses):
    assert missing(PART, uses, [pod(GATEWAY)]) == []


@pytest.mark.parametrize(
    ("entry", "lacks"),
    [
        ("chart-templates/core", "chart-templates/core/files/engine-entrypoint.sh"),
        ("chart-templates/leader-worker", "leader-worker/fixed/templates/_scale.tpl.j2"),
        ("sidecar/wings_infer", "sidecar/wings_infer/group/leader.py"),
        ("wingsctl/actions", "wingsctl/actions/install_release.py"),
        ("wingsctl/adapters", "wingsctl/adapters/helm_release.py"),
        ("wingsctl/cli", "wingsctl/cli/install.py"),
    ],
)
def test_a_part_that_covers_less_lacks_it(uses, entry, lacks):
    less = replace(PART, covers=tuple(each for each in COVERS if each != entry))
    found = missing(less, uses, [pod(GATEWAY)])
    assert any(each.endswith(lacks) for each in found), found
    assert all(each.startswith(f"{entry}/") for each in found)


def test_modules_of_render_need_no_cover(uses):
    assert "wingsctl.plan.resolve" in uses.modules
    assert "wingsctl/plan" not in COVERS


def test_a_run_that_used_more_has_not_passed(uses, tmp_path):
    noted = {"modules": sorted(uses.modules), "files": sorted(uses.files), "profiles": []}
    (tmp_path / "uses-1.json").write_text(json.dumps(noted))
    (tmp_path / FILE).write_text("")
    less = replace(PART, covers=COVERS[1:])
    done = judged(less, Done(True, "2 passed\n"), tmp_path, 5, keeps=False)
    assert not done.passed
    assert done.printed.startswith("2 passed\nrelease: COVERS lacks what the run used:\n")
    assert "  chart-templates/core/files/engine-entrypoint.sh\n" in done.printed
    assert judged(PART, Done(True, "2 passed\n"), tmp_path, 5, keeps=False).passed


def test_programs_of_pods_are_found_wherever_they_start():
    hook = {"lifecycle": {"preStop": {"exec": {"command": ["python3", "-m", "wings_infer.drain"]}}}}
    assert programs([pod(GATEWAY)]) == {"wings_infer.__main__"}
    assert programs([pod(CHECK)]) == {"wings_infer.check"}
    assert programs([pod({**ENGINE, **hook})]) == {"wings_infer.drain"}
    init = {"metadata": {"uid": "b"}, "spec": {"initContainers": [CHECK], "containers": [ENGINE]}}
    assert programs([init]) == {"wings_infer.check"}


def test_a_real_engine_brings_its_own_recipe(uses):
    assert of_real_engine([pod(GATEWAY)]) == set()
    assert "sidecar/requirements-engine.txt" in missing(PART, uses, [pod(ENGINE)])
    assert "sidecar/requirements-sglang.txt" not in missing(PART, uses, [pod(ENGINE)])
    sglang = {**ENGINE, "volumeMounts": [{"name": "engines", "mountPath": "/opt/sglang"}]}
    assert "sidecar/requirements-sglang.txt" in missing(PART, uses, [pod(sglang)])


def test_pods_of_an_earlier_part_are_none_of_this_one(tmp_path):
    leaving, here = pod(CHECK, uid="a", deletionTimestamp="now"), pod(GATEWAY, uid="b")
    gone = pod(GATEWAY, uid="b", deletionTimestamp="later")
    lines = [json.dumps({"type": "ADDED", "object": each}) for each in (leaving, here, gone)]
    (tmp_path / FILE).write_text("\n".join(lines) + '\n{"type": "MOD')
    assert noted_pods(tmp_path) == [here, gone]
