"""`wingsctl` and `python -m wingsctl`."""

from __future__ import annotations

import sys

from wingsctl.cli.streams import end_process, open_streams


def main() -> None:
    """Run the command line and end the process with its exit code.

    `--version` is answered before the commands are imported.
    """
    out, err = open_streams()
    if sys.argv[1:] == ["--version"]:
        from wingsctl import __version__

        out.write(f"wingsctl {__version__}\n")
        end_process(0, out, err)
    import gc

    # A short process that imports much: collecting while it starts finds nothing.
    gc.set_threshold(100_000)
    from wingsctl.cli.main import run

    end_process(run(), out, err)


if __name__ == "__main__":
    main()
