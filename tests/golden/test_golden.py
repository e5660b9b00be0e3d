"""The charts of the shipped examples, and what helm 3 makes of them, as plain files."""

from __future__ import annotations

import pytest

from tests.support.golden import check_tree, read_tree
from tests.support.manifests import split_manifests
from tests.support.profiles import LEADER_WORKER_EXAMPLES, SIDECAR_EXAMPLES, example_text

CASES = (*SIDECAR_EXAMPLES, *LEADER_WORKER_EXAMPLES)


@pytest.mark.parametrize("case", CASES)
def test_chart_and_manifests(wingsctl, helm3, tmp_path, golden_dir, update_golden, case):
    profile = tmp_path / f"{case}.wings.yaml"
    profile.write_text(example_text(case), encoding="utf-8")
    assert wingsctl("render", profile, "--output-dir", tmp_path / "charts").code == 0
    (chart,) = (tmp_path / "charts").iterdir()
    done = helm3.run("template", chart.name, chart, "-n", "llm")
    assert done.returncode == 0, done.stderr
    tree = {f"chart/{path}": text for path, text in read_tree(chart).items()}
    del tree["chart/.wingsctl.json"]  # the digests of the other files
    tree["manifests.yaml"] = done.stdout
    check_tree(golden_dir / case, tree, update=update_golden)


def test_no_case_is_left_behind(golden_dir):
    assert {
        path.name for path in golden_dir.iterdir() if path.is_dir() and path.name[0] not in "._"
    } == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_helm_4_makes_the_same_of_it(helm4, golden_dir, case):
    (name,) = {
        line.split(": ")[1].strip('"')
        for line in (golden_dir / case / "chart" / "Chart.yaml").read_text().splitlines()
        if line.startswith("name: ")
    }
    done = helm4.run("template", name, golden_dir / case / "chart", "-n", "llm")
    printed, kept = (
        sorted(text.rstrip("\n") for text in split_manifests(manifests))
        for manifests in (done.stdout, (golden_dir / case / "manifests.yaml").read_text())
    )
    assert printed == kept


class TestCheckTree:
    """The comparer itself."""

    def test_equal_trees_pass(self, tmp_path):
        check_tree(tmp_path, {"a/b": "text\n"}, update=True)
        check_tree(tmp_path, {"a/b": "text\n"}, update=False)

    @pytest.mark.parametrize(
        ("tree", "shown"),
        [
            ({"a": "other\n"}, "+other"),
            ({}, "-text"),
            ({"a": "text\n", "b": "new\n"}, "+new"),
        ],
        ids=["changed", "orphan", "missing"],
    )
    def test_differences_fail_with_a_diff(self, tmp_path, tree, shown):
        check_tree(tmp_path, {"a": "text\n"}, update=True)
        with pytest.raises(pytest.fail.Exception, match="--update-golden") as failure:
            check_tree(tmp_path, tree, update=False)
        assert shown in str(failure.value)

    def test_update_removes_orphans(self, tmp_path):
        check_tree(tmp_path, {"a": "text\n", "b/c": "text\n"}, update=True)
        check_tree(tmp_path, {"a": "text\n"}, update=True)
        assert read_tree(tmp_path) == {"a": "text\n"}
