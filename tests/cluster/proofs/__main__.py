"""`python -m tests.cluster.proofs [stale | all | list | run PART...]`: what `make proof` runs.

What has passed is in the lock at once: a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.cluster.proofs.choice import split
from tests.cluster.proofs.lock import Lock, read_lock
from tests.cluster.proofs.parts import Part, all_parts
from tests.cluster.proofs.prove import job_of
from tests.cluster.two_clusters import Run


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.cluster.proofs", description=__doc__)
    parser.add_argument("what", nargs="?", default="stale", choices=["stale", "all", "list", "run"])
    parser.add_argument("parts", nargs="*", help="for run: names of parts")
    options = parser.parse_args()
    lock, parts = read_lock(), all_parts()
    if options.what == "list":
        return _list(lock, parts)
    chosen = _chosen(options.what, options.parts, lock, parts)
    if not chosen:
        print("all parts are fresh")
        return 0
    run = Run([job_of(part, lock[part.name].seconds if part.name in lock else None)
               for part in chosen])  # fmt: skip
    passed = run.work()
    print(run.summary())
    return 0 if passed else 1


def _chosen(what: str, names: Sequence[str], lock: Lock, parts: Sequence[Part]) -> Sequence[Part]:
    if what == "run":
        unknown = set(names) - {part.name for part in parts}
        if unknown or not names:
            known = " ".join(part.name for part in parts)
            sys.exit(
                f"no such part: {' '.join(sorted(unknown)) or 'none named'}; there are {known}"
            )
        return [part for part in parts if part.name in names]
    return parts if what == "all" else split(parts, lock)[1]


def _list(lock: Lock, parts: Sequence[Part]) -> int:
    """What is fresh, and for how long each took; 1 where a part is not."""
    fresh, stale = split(parts, lock)
    for part in parts:
        state = "fresh" if part in fresh else "stale" if part.name in lock else "never passed"
        seconds = f", {lock[part.name].seconds} s" if part.name in lock else ""
        print(f"{part.name}: {state}{seconds}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
