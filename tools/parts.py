"""Makes targets beside each other, so that no core waits, and names at the end what failed.

    parts.py "lint generated" suite

The targets of one argument are made one after the other, also after one that failed. What they
print is shown when each has ended, but that of the last argument as it comes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor


def make(target: str, *, is_shown: bool) -> bool:
    """Whether the target could be made."""
    command = ["make", "--no-print-directory", target]
    output = None if is_shown else subprocess.PIPE
    done = subprocess.run(command, stdout=output, stderr=output and subprocess.STDOUT, check=False)
    sys.stdout.buffer.write(b"\n" + done.stdout if done.stdout else b"")
    sys.stdout.flush()
    return done.returncode == 0


def make_each(targets: Sequence[str], *, is_shown: bool) -> list[str]:
    """The targets that failed."""
    return [target for target in targets if not make(target, is_shown=is_shown)]


def main(*groups: str) -> int:
    """Make all groups; 1 where a target failed."""
    *hidden, shown = [group.split() for group in groups]
    with ThreadPoolExecutor() as pool:
        others = [pool.submit(make_each, group, is_shown=False) for group in hidden]
        failed = make_each(shown, is_shown=True)
        failed = [*(name for each in others for name in each.result()), *failed]
    print(f"FAILED: {', '.join(failed)}" if failed else f"passed: {' '.join(groups)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
