"""`python -m tests.cluster.flaky N FILE...`: each N times, beside a busy loop on every core.

Files of the cluster's tests run on one cluster that stays up for all.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
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
    parser.add_argument("count", type=positive)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    for file in options.files:
        if not file.is_file():
            parser.error(f"{file} is no file")
    try:
        return repeat([file.resolve() for file in options.files], options.count)
    except HarnessError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1


def positive(word: str) -> int:
    """A number of rounds."""
    if (number := int(word)) < 1:
        raise ValueError
    return number


def repeat(paths: Sequence[Path], count: int) -> int:
    """All rounds of all files, on one cluster where one of them needs it."""
    layout, on_cluster = Layout(), any(path.is_relative_to(HERE) for path in paths)
    with running(layout) if on_cluster else nullcontext():
        if on_cluster:
            print(f"pace without busy loops: {measure(layout)}", flush=True)
        with busy_cores():
            return max([repeat_one(path, count) for path in paths])


def repeat_one(path: Path, count: int) -> int:
    """All rounds of one file."""
    failed = sum(not passes(path, number, count) for number in range(count))
    print(f"{failed} of {count} rounds of {path.name} failed", flush=True)
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
