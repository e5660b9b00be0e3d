"""The first process of the cluster's namespaces: when it dies, the kernel ends all of it.

Started by `lifetime` with namespaces of its own for processes, mounts and network. Nothing that
runs here can leave a process, a mount, a network link or a packet rule on the machine.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cluster.harness.configs import write_configs
from tests.cluster.harness.keys import write_keys
from tests.cluster.harness.layout import API_PORT, NODE_ADDRESS, SYSTEM_PATH, Layout
from tests.cluster.harness.parts import Command, first_parts, later_parts

START_SECONDS = 300
Parts = dict[str, subprocess.Popen[bytes]]


def main() -> None:
    """Starts every part, says so in layout.ready, and stays to bury the dead."""
    layout = Layout()
    fake_nodes = "--fake-nodes" in sys.argv[1:]
    try:
        parts = _start_all(layout, fake_nodes)
        layout.ready.write_text("")
    except Exception as error:
        layout.ready.write_text(f"{error}\n")
        raise
    names = {part.pid: name for name, part in parts.items()}
    while True:
        pid, status = os.wait()
        if pid in names:
            print(f"{names[pid]} ended with {os.waitstatus_to_exitcode(status)}", flush=True)


def _start_all(layout: Layout, fake_nodes: bool) -> Parts:
    os.environ["PATH"] = f"{layout.binaries}:{SYSTEM_PATH}"
    _mount_own_folders(layout)
    _set_up_network(layout)
    write_keys(layout)
    write_configs(layout)
    _make_cgroups(layout)
    parts = {name: _start(layout, name, command) for name, command in first_parts(layout).items()}
    _wait_for("containerd", lambda: _succeeds("ctr", "version"), parts)
    with ThreadPoolExecutor(1) as beside:
        images = beside.submit(_import_images, layout)
        _wait_for("the API server", lambda: _api_is_ready(layout), parts)
        for name, command in later_parts(layout, fake_nodes).items():
            parts[name] = _start(layout, name, command)
        images.result()
    return parts


def _mount_own_folders(layout: Layout) -> None:
    """What the parts write to the places of their defaults goes to the run folder."""
    _run("mount", "--make-rshared", "/")
    _run("mount", "-t", "tmpfs", "tmpfs", "/run")
    for place in ("/var/lib", "/var/log"):
        folder = layout.run / place.replace("/", "-").lstrip("-")
        folder.mkdir()
        _run("mount", "--bind", str(folder), place)


def _set_up_network(layout: Layout) -> None:
    _wait_for("the link from outside", lambda: _succeeds("ip", "link", "show", "outer"))
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "address", "add", f"{NODE_ADDRESS}/32", "dev", "lo")
    _run("ip", "address", "add", f"{layout.api_address}/30", "dev", "outer")
    _run("ip", "link", "set", "outer", "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _make_cgroups(layout: Layout) -> None:
    for parent in cgroup_parents():
        (parent / layout.cgroup).mkdir(exist_ok=True)


def cgroup_parents() -> list[Path]:
    """The root of the one hierarchy (version 2), or of each controller (version 1)."""
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return [root]
    return [each for each in root.iterdir() if each.is_dir() and not each.is_symlink()]


def _start(layout: Layout, name: str, command: Command) -> subprocess.Popen[bytes]:
    with (layout.logs / f"{name}.log").open("ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _import_images(layout: Layout) -> None:
    for archive in sorted(layout.images.glob("*.tar")):
        _run("ctr", "-n", "k8s.io", "images", "import", str(archive))


def _api_is_ready(layout: Layout) -> bool:
    trust = ssl.create_default_context(cafile=str(layout.run / "keys" / "ca.crt"))
    try:
        url = f"https://127.0.0.1:{API_PORT}/readyz"
        with urllib.request.urlopen(url, timeout=5, context=trust) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait_for(what: str, fact: Callable[[], bool], parts: Parts | None = None) -> None:
    end = time.monotonic() + START_SECONDS
    while not fact():
        for name, part in (parts or {}).items():
            if part.poll() is not None:
                raise RuntimeError(f"{name} ended with {part.returncode}: see {name}.log")
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {START_SECONDS} s")
        time.sleep(0.1)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


if __name__ == "__main__":
    main()
