"""`python -m tests.cluster.flaky N FILE`: a file N times, beside a busy loop on every core.

A file of the cluster's tests runs on one cluster that stays up for all N.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.cluster.harness.layout import CHECKOUT, Layout
from tests.cluster.harness.lifetime import HarnessError, running
from tests.cluster.pace import measure

HERE = Path(__file__).resolve().parent
LIMIT_SECONDS = 3600
"""Of one round. A file that hangs has failed."""
# Ends by itself where its parent is gone, however that ended: also after kill -9.
LOOP = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): sum(range(100_000))"


def main() -> int:
    """1 when a round has failed."""
    parser = argparse.ArgumentParser(prog="tests.cluster.flaky", description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    if not options.file.is_file():
        parser.error(f"{options.file} is no file")
    try:
        return repeat(options.file.resolve(), options.count)
    except HarnessError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1


def repeat(path: Path, count: int) -> int:
    """All rounds, with the cluster where the file needs it."""
    layout, on_cluster = Layout(), path.is_relative_to(HERE)
    with running(layout) if on_cluster else nullcontext():
        if on_cluster:
            print(f"pace without busy loops: {measure(layout)}", flush=True)
        with busy_cores():
            failed = sum(not passes(path, number, count) for number in range(count))
    print(f"{failed} of {count} rounds of {path.name} failed")
    return 1 if failed else 0


@contextmanager
def busy_cores() -> Iterator[list[subprocess.Popen[bytes]]]:
    """One loop for each core, until the block or this process ends."""
    command = [sys.executable, "-c", LOOP, str(os.getpid())]
    loops = [subprocess.Popen(command) for _ in range(os.cpu_count() or 1)]
    try:
        yield loops
    finally:
        for each in loops:
            each.kill()
            each.wait()


def passes(path: Path, number: int, count: int) -> bool:
    """One round; of a failure its summary is printed."""
    where = CHECKOUT / "sidecar" if path.is_relative_to(CHECKOUT / "sidecar") else CHECKOUT
    command = [sys.executable, "-m", "pytest", str(path), "-q", "--no-header", "--tb=short"]
    try:
        done = subprocess.run(
            command, cwd=where, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        print(f"round {number + 1} of {count}: no end after {LIMIT_SECONDS} s", flush=True)
        return False
    if done.returncode:
        summary = "\n".join(done.stdout.splitlines()[-40:])
        print(f"round {number + 1} of {count} failed:\n{summary}\n{done.stderr}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
