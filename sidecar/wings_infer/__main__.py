"""`python3 -m wings_infer ENGINE ARGV...`; with WINGS_MODE=front-door without arguments."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import uvloop

from wings_infer import app
from wings_infer.errors import SettingsError
from wings_infer.front_door import app as front_door
from wings_infer.settings import load_settings


def main(argv: list[str], root: Path = Path("/")) -> int:
    """Runs the program; 0 after an orderly end, 1 when it cannot run, 2 for wrong settings.

    `root` is the folder in which Secrets are mounted.
    """
    try:
        settings = load_settings(os.environ, tuple(argv), root)
        uvloop.run(front_door.serve(settings) if settings.front_door else app.serve(settings))
    except SettingsError as error:
        sys.stderr.write(f"wings-infer: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"wings-infer: {error}\n")
        return 1
    return 0


def run() -> None:
    """The command `wings-infer`."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
