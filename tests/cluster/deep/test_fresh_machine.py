"""On an empty Debian the scripts find and install every program that they call.

Go and a clean checkout are what a user brings. Needs root, network, and 1 GB of memory.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress

import pytest

from tests.cluster.harness.layout import CHECKOUT, SYSTEM_PATH
from tests.cluster.kube import HERE

COVERS = (
    ".ci/run",
    "tests/cluster/images/pause",
    "tools/go/build.sh",
    "tools/images",
    "tools/programs.txt",
    "tools/system.sh",
)
SCRIPT = HERE / "fresh_machine.sh"
LIMIT_SECONDS = 1500
"""A minute on two cores with nothing else to do; whatever hangs ends here."""
# The end of this process ends unshare, that ends the first process inside, and with its
# namespaces go all other processes and mounts.
NAMESPACES = [
    "setpriv", "--pdeathsig", "KILL",
    "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
]  # fmt: skip

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("WINGS_TEST_KUBECONFIG")), reason="a user's cluster is under test alone"
)


def test_an_empty_debian_gets_every_program(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    command = [*NAMESPACES, "sh", str(SCRIPT), str(CHECKOUT), str(root)]
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:{SYSTEM_PATH}"}
    log = tmp_path / "log"
    with log.open("wb") as output, subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
    ) as process:  # fmt: skip
        with suppress(subprocess.TimeoutExpired):
            process.wait(LIMIT_SECONDS)
        process.kill()
    text = log.read_text(errors="replace")
    assert text.endswith("== everything was found\n"), text
