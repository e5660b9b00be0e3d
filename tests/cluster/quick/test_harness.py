"""The cluster of the tests starts, refuses a second start, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.conftest import GIVEN
from tests.cluster.harness.inside import cgroup_parents
from tests.cluster.harness.layout import Layout
from tests.cluster.harness.lifetime import kubectl
from tests.cluster.kube import wait_for
from tests.cluster.pace import patience
from tests.support.processes import ROOT

pytestmark = pytest.mark.skipif(bool(GIVEN), reason="the cluster is not the harness's")


@pytest.fixture
def second(tmp_path):
    """Where a second cluster may run beside the first: the same binaries, no images."""
    layout = Layout(tmp_path / "tools")
    layout.binaries.parent.mkdir(parents=True)
    layout.binaries.symlink_to(Layout().binaries)
    yield layout
    run(layout, "down")


def start(layout: Layout, command: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.cluster.harness", command, *arguments],
        cwd=ROOT, env={**os.environ, "WINGS_TOOLS": str(layout.tools)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(layout: Layout, command: str, *arguments: str) -> tuple[int, str]:
    process = start(layout, command, *arguments)
    printed, errors = process.communicate(timeout=patience(300))
    return process.returncode, printed + errors


def leftovers(layout: Layout) -> list[str]:
    """Processes, network links, control groups, mounts and files of a cluster."""
    found = [str(layout.run)] if layout.run.exists() else []
    found += [str(each) for p in cgroup_parents() if (each := p / layout.cgroup).exists()]
    if Path("/sys/class/net", layout.link).exists():
        found.append(layout.link)
    mounts = Path("/proc/mounts").read_text().splitlines()
    found += [mount for mount in mounts if str(layout.run) in mount]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(layout.tools).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_up_and_down_leave_nothing(second):
    code, printed = run(second, "up", "--gpus=3", "--fake-nodes=2")
    assert code == 0, printed
    assert f"export KUBECONFIG={second.kubeconfig}" in printed
    nodes = kubectl(second, "get", "node", "-o", "name")
    assert nodes.split() == ["node/fake-0", "node/fake-1", "node/node"]
    code, printed = run(second, "up")
    assert (code, "is running" in printed) == (1, True), printed
    for name in ("etcd", "kube-apiserver", "containerd", "kubelet", "kube-proxy", "coredns"):
        assert (second.logs / f"{name}.log").exists()
    assert run(second, "down")[0] == 0
    assert leftovers(second) == []
    assert run(second, "down")[0] == 0


@pytest.mark.parametrize("when", ["config", "started"])
def test_down_cleans_up_after_a_start_that_was_killed(second, when):
    starting = start(second, "up")
    wait_for((second.run / when).exists, f"{when} in the run folder")
    starting.send_signal(signal.SIGKILL)
    starting.communicate()
    assert run(second, "down")[0] == 0
    wait_for(lambda: not leftovers(second), "the end of what the start had asked")
