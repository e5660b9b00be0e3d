"""`wingsctl` and `python -m wingsctl`."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """The exit code of the command line; `--version` is answered before anything is imported."""
    if sys.argv[1:] == ["--version"]:
        from wingsctl import __version__

        try:
            print(f"wingsctl {__version__}", flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    from wingsctl.cli.main import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
