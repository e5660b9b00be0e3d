"""What makes a part stale: everything whose change could change its outcome, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.cluster.proofs.charts import CLUSTER, chart_digest, without_namespace
from tests.cluster.proofs.code import ROOT, relative
from tests.cluster.proofs.parts import Part
from tests.cluster.proofs.runs import HARNESS, digest, file_digest, pieces, record
from tests.cluster.proofs.watch import Uses

PROFILE = ("turns.wings.yaml", (CLUSTER / "profiles" / "turns.wings.yaml").read_text("utf-8"))
PART = Part(CLUSTER / "release.py", ("chart-templates/core", "sidecar/wings_infer"))
"""Any file with tests will do: it is read, not run."""
USES = Uses(
    files=frozenset({
        "chart-templates/core/values.schema.json", "tests/cluster/manifests/client.yaml",
        "tests/cluster/proofs/inputs/release.json", "tests/cluster/catalog",
    }),
    profiles=frozenset({PROFILE}),
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return pieces(PART, {"files": ["tests/cluster/manifests/client.yaml"], "profiles": [PROFILE]})


def test_programs_tests_and_the_cluster_are_digested(found):
    own = [relative(path) for path in (ROOT / "sidecar/wings_infer").rglob("*.py")]
    assert set(own) <= set(found)
    assert {
        "tests/cluster/conftest.py", "tests/cluster/kube.py", "tests/conftest.py",
        "tests/cluster/harness/parts.py", "tests/cluster/manifests/client.yaml",
        "tests/cluster/manifests/keda.yaml", "tests/cluster/images/fake-engine/fake_engine.py",
        "tests/cluster/images/client/requirements.txt", "sidecar/requirements.txt",
        "tools/images/base.sh", "tools/go/kubernetes/go.sum", "tools/go/pause/main.go",
        relative(PART.path),
    } <= set(found)  # fmt: skip


def test_what_the_cluster_is_made_of_exists():
    assert [each for each in HARNESS if not (ROOT / each).exists()] == []


def test_of_wingsctl_the_charts_are_digested(found):
    assert len([name for name in found if name.startswith("chart of turns.wings.yaml ")]) == 1
    assert not [name for name in found if name.startswith(("wingsctl/", "chart-templates/"))]


def test_what_watches_is_not_digested(found):
    assert not [name for name in found if "proofs" in name]


def test_a_profile_changes_its_chart_and_nothing_else(found):
    name, text = PROFILE
    other = pieces(
        PART, {"files": [], "profiles": [(name, text.replace("replicas: 3", "replicas: 2"))]}
    )
    assert len(set(found) ^ set(other)) == 3, "two charts and the manifest"


def test_a_comment_in_a_profile_changes_no_chart():
    name, text = PROFILE
    assert chart_digest(name, f"# more words\n{text}") == chart_digest(name, text)
    assert chart_digest(name, text.replace("drainSeconds: 20", "drainSeconds: 21")) != chart_digest(
        name, text
    )


def test_a_refused_profile_has_a_digest_of_its_own():
    name, text = PROFILE
    refused = text.replace("pipeline: 2", "pipeline: 7")
    assert chart_digest(name, refused) == chart_digest(name, f"{refused}")
    assert chart_digest(name, refused) != chart_digest(name, text)


def test_scripts_are_digested_byte_by_byte(tmp_path):
    script, code = tmp_path / "a.sh", tmp_path / "a.py"
    script.write_text("true\n")
    code.write_text("True\n")
    before = file_digest(script), file_digest(code)
    file_digest.cache_clear()
    script.write_text("true # why\n")
    assert file_digest(script) != before[0]
    assert before[0] != before[1]


def test_a_run_is_kept_for_the_next_digest(tmp_path):
    assert digest(PART, tmp_path) == "", "it has never passed"
    record(PART, USES, tmp_path)
    kept = json.loads((tmp_path / "release.json").read_text())
    assert kept == {"files": ["tests/cluster/manifests/client.yaml"], "profiles": [[*PROFILE]]}
    before = digest(PART, tmp_path)
    assert len(before) == 64
    assert digest(replace(PART, covers=(*PART.covers, "wingsctl/cli/pause.py")), tmp_path) != before
    record(PART, replace(USES, profiles=frozenset()), tmp_path)
    assert digest(PART, tmp_path) != before


def test_the_name_of_a_run_s_namespace_is_left_out():
    text = "address: redis.wings-test-4711-2.svc:6379"
    assert without_namespace(text) == "address: redis.wings-test.svc:6379"
