"""`python -m tests.cluster.harness up | down | status`."""

from __future__ import annotations

import argparse
import subprocess
import sys

from tests.cluster.harness.keda import install_keda
from tests.cluster.harness.layout import CHECKOUT, Layout
from tests.cluster.harness.lifetime import HarnessError, down, first_process, up


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.cluster.harness", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "status"])
    parser.add_argument("--gpus", type=int, default=12, help="devices counted on the node")
    parser.add_argument("--fake-nodes", type=int, default=0, help="nodes without a machine (kwok)")
    parser.add_argument("--keda", action="store_true", help="with KEDA installed")
    options = parser.parse_args()
    layout = Layout()
    try:
        if options.command != "status":
            _find_programs()
        if options.command == "up":
            up(layout, gpus=options.gpus, fake_nodes=options.fake_nodes)
            if options.keda:
                install_keda(layout)
        elif options.command == "down":
            down(layout)
    except HarnessError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    return _tell(layout)


def _find_programs() -> None:
    """Of the system; what is missing is installed, or named on stderr."""
    command = ["sh", str(CHECKOUT / "tools" / "system.sh"), "cluster"]
    if subprocess.run(command, check=False).returncode:
        raise HarnessError("programs of the system are missing")


def _tell(layout: Layout) -> int:
    if not first_process(layout):
        print("cluster: none is running", file=sys.stderr)
        return 0
    print(f"export KUBECONFIG={layout.kubeconfig}")
    print(f"export PATH={layout.binaries}:$PATH")
    print(f"cluster: the parts' logs are in {layout.logs}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
