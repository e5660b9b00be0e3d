"""`python -m tests.cluster`: all tests of this folder, in two halves beside each other.

Each half has a cluster of its own, as tests close its node and count its devices. What computes for
minutes is in one half, so that it never meets its like; that half prints when it is over.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

HERE = Path(__file__).resolve().parent
PYTEST = [sys.executable, "-m", "pytest", str(HERE)]


def main() -> int:
    """0 when all tests of both halves have passed."""
    name = os.environ.get("WINGS_CLUSTER", "")
    with TemporaryFile() as printed:
        heavy = subprocess.Popen(
            [*PYTEST, "-m", "heavy"], env={**os.environ, "WINGS_CLUSTER": f"{name}heavy"},
            stdout=printed, stderr=printed,
        )  # fmt: skip
        light = subprocess.run([*PYTEST, "-m", "not heavy"], check=False)
        heavy.wait()
        printed.seek(0)
        sys.stdout.buffer.write(printed.read())
    return max(light.returncode, heavy.returncode)


if __name__ == "__main__":
    sys.exit(main())
