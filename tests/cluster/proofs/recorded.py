"""`python -m tests.cluster.proofs.recorded ...`: wingsctl, and what it used is noted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.cluster.proofs.figures import RECORD
from tests.cluster.proofs.watch import Watch
from wingsctl.cli.streams import end_process, open_streams


def program() -> list[str]:
    """How tests run wingsctl: as users do, or watched where a run is being recorded."""
    return [sys.executable, "-m", __name__ if os.environ.get(RECORD) else "wingsctl"]


def main() -> None:
    """As wingsctl's own, which ends the process before anything could be noted."""
    watch = Watch()
    out, err = open_streams()
    from wingsctl.cli.main import run

    code = run()
    watch.note(Path(os.environ[RECORD]))
    end_process(code, out, err)


if __name__ == "__main__":
    main()
