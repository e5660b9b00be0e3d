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
    watch.known |= _of_other_commands(sys.argv[1])
    watch.note(Path(os.environ[RECORD]))
    end_process(code, out, err)


def _of_other_commands(command: str) -> set[str]:
    """Modules that wingsctl has loaded to know its commands, and not to run this one."""
    from typer.main import get_group

    from wingsctl.cli.main import app

    commands = get_group(app).commands
    found = {name: each.callback.__module__ for name, each in commands.items() if each.callback}
    return set(found.values()) - {found.get(command, "")}


if __name__ == "__main__":
    main()
