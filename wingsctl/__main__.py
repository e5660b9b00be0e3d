"""`wingsctl` and `python -m wingsctl`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and end the process with its exit code.

    `--version` is answered before anything is imported.
    """
    if sys.argv[1:] == ["--version"]:
        from wingsctl import __version__

        _end(0, f"wingsctl {__version__}\n")
    import gc

    # A short process that imports much: collecting while it starts finds nothing.
    gc.set_threshold(100_000)
    from wingsctl.cli.main import run

    _end(run())


def _end(code: int, text: str = "") -> None:
    """Leave without taking the interpreter apart, which costs as much as a render."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass  # the reader left (`| head`): nobody is there to be told
    os._exit(code)


if __name__ == "__main__":
    main()
