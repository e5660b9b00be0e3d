"""`python -m tests.cluster`: all files of this folder, on two clusters beside each other.

A cluster takes one file after the other, as tests close its node and count its devices. What
computes for minutes is for the first cluster only, so that it never meets its like.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cluster.harness.layout import NAME, Layout
from tests.cluster.harness.lifetime import HarnessError, running

HERE = Path(__file__).resolve().parent
HEAVY = (
    "test_group_faults.py", "test_group_serving.py", "test_serving.py", "test_scaled_serving.py",
)  # fmt: skip
LONG = (
    "test_scaled_groups.py", "test_scaled_cycles.py", "test_scaling_outages.py",
    "test_upgrades_from_0_1_0.py",
)  # fmt: skip
"""These begin early, so that neither cluster has nothing to do in the end."""
_printing = threading.Lock()


def main() -> int:
    """0 when all tests have passed."""
    over = threading.Event()
    # Ctrl-C reaches pytest as well; clusters are ended afterwards.
    signal.signal(signal.SIGINT, lambda *_: over.set())
    files = sorted(each.name for each in HERE.glob("test_*.py"))
    shared = deque([*LONG, *(each for each in files if each not in HEAVY + LONG)])
    began = time.monotonic()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(_work, "heavy", deque(HEAVY), shared, over)
        second = threads.submit(_work, "", deque(), shared, over)
        failed = first.result() + second.result()
    end = "interrupted" if over.is_set() else f"{len(files)} files"
    print(f"{end} after {_clock(began)}; failed: {' '.join(failed) or 'none'}")
    return 1 if failed or over.is_set() else 0


def _work(name: str, own: deque[str], shared: deque[str], over: threading.Event) -> list[str]:
    """Runs its own files, then what is left of the shared ones; those that failed."""
    layout = Layout(name=NAME + name)
    failed = []
    try:
        with running(layout):
            while not over.is_set() and (file := _next(own, shared)):
                failed += [] if _passes(file, layout) else [file]
    except HarnessError as error:
        failed.append(f"cluster {layout.name!r}: {error}")
    return failed


def _next(own: deque[str], shared: deque[str]) -> str:
    """Empty when nothing is left."""
    try:
        return (own or shared).popleft()
    except IndexError:
        return ""


def _passes(file: str, layout: Layout) -> bool:
    """What pytest prints is shown when it is over, as two of them run at once."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", str(HERE / file), "--no-header", "--durations=5"]
    environment = {**os.environ, "WINGS_CLUSTER": layout.name}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    with _printing:
        print(f"== {file}, on cluster {layout.name!r}, in {_clock(began)}", flush=True)
        sys.stdout.buffer.write(done.stdout)
        sys.stdout.flush()
    return done.returncode == 0


def _clock(began: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    return f"{minutes}:{seconds:02}"


if __name__ == "__main__":
    sys.exit(main())
