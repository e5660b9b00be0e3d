"""Starts and ends the cluster from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.harness.inside import cgroup_parents
from tests.cluster.harness.layout import CHECKOUT, NODE, Layout

NAMESPACES = ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--net", "--mount-proc"]
READY_SECONDS = 600
"""Ends what hangs: no machine is so slow."""


class HarnessError(Exception):
    """The cluster cannot be started or ended; the text says what to do."""


def up(layout: Layout, *, gpus: int = 12, fake_nodes: int = 0) -> None:
    """Starts the cluster and returns when its node is Ready; ends it again when it is not.

    `gpus` devices named nvidia.com/gpu are counted on the node, with nothing behind them.
    """
    _refuse_bad_places(layout)
    if first_process(layout):
        raise HarnessError("a cluster of this checkout is running; end it: make cluster-down")
    down(layout)
    _make_folders(layout)
    try:
        _start_inside(layout, fake_nodes > 0)
        _wait_until_started(layout)
        for number in range(fake_nodes):
            kubectl(layout, "apply", "-f", "-", text=FAKE_NODE.format(number=number))
        _wait_until_ready(layout)
        # Both numbers: the kubelet would copy the one to the other only after seconds.
        devices = {"nvidia.com/gpu": str(gpus)}
        status = json.dumps({"status": {"capacity": devices, "allocatable": devices}})
        patch = ["--subresource=status", "--type=merge", f"--patch={status}"]
        kubectl(layout, "patch", "node", NODE, *patch)
    except BaseException:
        down(layout)
        raise


def down(layout: Layout) -> None:
    """Ends whatever an earlier `up` left, however that ended; the logs stay."""
    pid = first_process(layout)
    if pid:
        os.kill(pid, signal.SIGKILL)
        _wait_until_gone(pid)
    subprocess.run(["ip", "link", "delete", layout.link], capture_output=True, check=False)
    for parent in cgroup_parents():
        _remove_cgroup(parent / layout.cgroup)
    if layout.run.exists():
        shutil.rmtree(layout.run)


@contextmanager
def running(layout: Layout) -> Iterator[None]:
    """The cluster that runs already, or one that ends with the block."""
    is_ours = first_process(layout) is None
    if is_ours:
        up(layout)
    try:
        yield
    finally:
        if is_ours:
            down(layout)


def first_process(layout: Layout) -> int | None:
    """The process, seen from outside, whose death ends the cluster."""
    wanted = {f"{name}={text}".encode() for name, text in _variables(layout).items()}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            variables = set((process / "environ").read_bytes().split(b"\0"))
        except OSError:
            continue
        is_init = b"tests.cluster.harness.inside" in words and words[0] not in (
            b"unshare",
            b"setsid",
        )
        if is_init and wanted <= variables:
            return int(process.name)
    return None


def _variables(layout: Layout) -> dict[str, str]:
    """They make the Layout() of another process this one."""
    return {"WINGS_TOOLS": str(layout.tools), "WINGS_CLUSTER": layout.name}


def kubectl(layout: Layout, *arguments: str, text: str | None = None) -> str:
    """What kubectl prints, as the administrator; HarnessError with its message when it fails."""
    command = [str(layout.binaries / "kubectl"), f"--kubeconfig={layout.kubeconfig}", *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HarnessError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def _refuse_bad_places(layout: Layout) -> None:
    if os.geteuid():
        raise HarnessError("the cluster needs root: containers, mounts, network")
    for hidden in ("/run", "/var/lib", "/var/log"):
        for needed in (CHECKOUT, layout.tools, Path(sys.prefix)):
            if needed.is_relative_to(hidden):
                raise HarnessError(f"{needed} lies under {hidden}, which the cluster hides")


def _make_folders(layout: Layout) -> None:
    shutil.rmtree(layout.logs, ignore_errors=True)
    for folder in (layout.run, layout.logs):
        folder.mkdir(parents=True)


def _start_inside(layout: Layout, fake_nodes: bool) -> None:
    command = [*NAMESPACES, sys.executable, "-m", "tests.cluster.harness.inside"]
    environment = {**os.environ, **_variables(layout), "PYTHONUNBUFFERED": "1"}
    with (layout.logs / "inside.log").open("ab") as log:
        subprocess.run(
            ["setsid", "--fork", *command, *(["--fake-nodes"] if fake_nodes else [])],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
        )
    _link(layout)


def _link(layout: Layout) -> None:
    """A pair of network ends: one here, the other, `outer`, in the cluster's namespace."""
    end = time.monotonic() + READY_SECONDS
    while not (pid := first_process(layout)):
        if time.monotonic() > end:
            raise HarnessError(f"the namespaces were not made: see {layout.logs}/inside.log")
        time.sleep(0.05)
    peer = ["peer", "name", "outer", "netns", str(pid)]
    _ip("link", "add", layout.link, "type", "veth", *peer)
    _ip("address", "add", f"{layout.outer_address}/30", "dev", layout.link)
    _ip("link", "set", layout.link, "up")


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise HarnessError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def _wait_until_started(layout: Layout) -> None:
    end = time.monotonic() + READY_SECONDS
    while not layout.ready.exists():
        if not first_process(layout) or time.monotonic() > end:
            raise HarnessError(f"the cluster did not start: see {layout.logs}")
        time.sleep(0.1)
    if trouble := layout.ready.read_text().strip():
        raise HarnessError(f"{trouble}: see {layout.logs}")


def _wait_until_ready(layout: Layout) -> None:
    """By short questions: a `kubectl wait` would outlive an `up` that is killed."""
    end = time.monotonic() + READY_SECONDS
    condition = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'
    of_node = ["get", "node", "--field-selector", f"metadata.name={NODE}"]
    while kubectl(layout, *of_node, "-o", condition) != "True":
        if time.monotonic() > end:
            raise HarnessError(f"the node does not become Ready: see {layout.logs}/kubelet.log")
        time.sleep(0.2)


def _wait_until_gone(pid: int) -> None:
    """The first process is the last to go: as a zombie it has outlived all others."""
    end = time.monotonic() + READY_SECONDS
    while not _is_dead(Path(f"/proc/{pid}/stat")):
        if time.monotonic() > end:
            raise HarnessError("the cluster's processes do not end")
        time.sleep(0.05)


def _is_dead(stat: Path) -> bool:
    try:
        return stat.read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def _remove_cgroup(folder: Path) -> None:
    for child in [*sorted(folder.rglob("*/"), reverse=True), folder]:
        end = time.monotonic() + 10
        while child.exists() and not _removed(child):
            if time.monotonic() > end:
                raise HarnessError(f"{child} cannot be removed: a process is in it")
            time.sleep(0.1)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


FAKE_NODE = """\
apiVersion: v1
kind: Node
metadata:
  name: fake-{number}
  annotations: {{kwok.x-k8s.io/node: fake}}
  labels: {{kubernetes.io/hostname: fake-{number}, type: kwok}}
spec:
  taints:
  - {{key: kwok.x-k8s.io/node, value: fake, effect: NoSchedule}}
status:
  allocatable: {{cpu: "32", memory: 256Gi, pods: "110"}}
  capacity: {{cpu: "32", memory: 256Gi, pods: "110"}}
"""
