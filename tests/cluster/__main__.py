"""`python -m tests.cluster`: all tests of this folder, in two halves beside each other.

Each half has a cluster of its own, as tests close its node and count its devices. What computes for
minutes is in one half, so that it never meets its like; that half prints when it is over.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

HERE = Path(__file__).resolve().parent


def main() -> int:
    """0 when all tests of both halves have passed."""
    with TemporaryFile() as printed:
        heavy = _start("heavy", "heavy", stdout=printed, stderr=printed)
        light = _start("not heavy", "")
        # Ctrl-C reaches both, and they end their clusters.
        signal.signal(signal.SIGINT, lambda *_: None)
        statuses = [light.wait(), heavy.wait()]
        printed.seek(0)
        sys.stdout.buffer.write(printed.read())
    return max(map(abs, statuses))


def _start(which: str, name: str, **streams: IO[bytes]) -> subprocess.Popen[bytes]:
    """Tests with marks like `which`, on the cluster NAME."""
    cluster = os.environ.get("WINGS_CLUSTER", "") + name
    command = [sys.executable, "-m", "pytest", str(HERE), "-m", which]
    return subprocess.Popen(command, env={**os.environ, "WINGS_CLUSTER": cluster}, **streams)


if __name__ == "__main__":
    sys.exit(main())
