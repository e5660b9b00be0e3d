"""A new chart version or a new wingsctl with the same content restarts nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support.helm import workloads
from tests.support.profiles import (
    EXAMPLES,
    LEADER_WORKER_EXAMPLES,
    REFERENCE,
    ROOT,
    SIDECAR_EXAMPLES,
    example_text,
)


def pod_templates(objects):
    return [each["spec"]["template"] for each in workloads(objects)]


@pytest.mark.parametrize("case", [*SIDECAR_EXAMPLES, *LEADER_WORKER_EXAMPLES])
def test_a_new_chart_version_leaves_the_pods_alone(wingsctl, helm3, examples, tmp_path, case):
    profile = examples / f"{case}.wings.yaml"
    templates = []
    for version in ("0.1.0", "0.2.0+build.7"):
        text = example_text(case).split("\nchart:")[0]
        profile.write_text(f"{text}\nchart: {{version: {version}}}\n")
        out = tmp_path / version
        assert wingsctl("render", profile, "--output-dir", out).code == 0
        (chart,) = out.iterdir()
        objects = helm3.template(chart)
        label = workloads(objects)[0]["metadata"]["labels"]["helm.sh/chart"]
        assert label.endswith(version.replace("+", "_"))
        templates.append(pod_templates(objects))
    assert templates[0] == templates[1]


def test_a_new_wingsctl_writes_the_same_chart(wingsctl, tmp_path):
    profile = EXAMPLES / f"{REFERENCE}.wings.yaml"
    assert wingsctl("render", profile, "--output-dir", tmp_path / "now").code == 0
    for name in ("wingsctl", "chart-templates", "profiles"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / "next" / name, ignore=ignored)
    package = tmp_path / "next" / "wingsctl" / "__init__.py"
    text, changed = re.subn(r'__version__ = ".*"', '__version__ = "99.0.0"', package.read_text())
    assert changed == 1
    package.write_text(text)
    script = "import sys, wingsctl.cli.main as m; sys.exit(m.run(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", script, "render", profile, "--output-dir", tmp_path / "later"],
        cwd=tmp_path / "next",
        env={**os.environ, "PYTHONPATH": str(tmp_path / "next")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    files = sorted(p.relative_to(tmp_path / "now") for p in (tmp_path / "now").rglob("*"))
    assert files == sorted(
        p.relative_to(tmp_path / "later") for p in (tmp_path / "later").rglob("*")
    )
    for file in files:
        # The marker tells which wingsctl wrote the chart; helm does not read it.
        if (tmp_path / "now" / file).is_file() and file.name != ".wingsctl.json":
            pair = [(tmp_path / place / file).read_bytes() for place in ("now", "later")]
            assert pair[0] == pair[1], file


def test_changing_a_file_of_the_chart_restarts_the_pods(helm3, charts, tmp_path):
    chart = charts["chat-template"]
    path = tmp_path / "template.jinja"
    path.write_text("other")
    (before,) = pod_templates(helm3.template(chart))
    (after,) = pod_templates(helm3.template(chart, "--set-file", f"model.chatTemplate={path}"))
    assert before["metadata"]["annotations"] != after["metadata"]["annotations"]
    assert before["spec"] == after["spec"]
