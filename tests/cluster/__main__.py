"""`python -m tests.cluster`: the files of quick/, on two clusters beside each other.

In CI (WINGS_CI_BEGAN is when it began, in seconds since 1970) also stale parts of deep/, while the
time allows, and one fresh part. `--remember` keeps how long the files took, for the next schedule.
"""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from pathlib import Path

from tests.cluster.proofs.choice import (
    CI_SECONDS,
    RESERVE_SECONDS,
    fitting,
    fresh_one,
    split,
    tree_hash,
)
from tests.cluster.proofs.lock import read_lock
from tests.cluster.proofs.parts import Part, all_parts, statements
from tests.cluster.proofs.prove import job_of, twice
from tests.cluster.schedule import Job
from tests.cluster.two_clusters import Run, pytest

HERE = Path(__file__).resolve().parent
DURATIONS = HERE / "durations.json"
UNKNOWN_SECONDS = 60


def main() -> int:
    """0 when all has passed, and in CI no part is left stale."""
    quick = quick_jobs()
    deep, left = ci_jobs(quick) if "WINGS_CI_BEGAN" in os.environ else ([], [])
    run = Run([*quick, *deep])
    passed = run.work()
    if passed and "--remember" in sys.argv[1:]:
        remember(run)
    if left:
        print(f"stale, and no time was left for it: {_names(left)}; renew all: make proof")
    print(run.summary())
    return 0 if passed and not left else 1


def quick_jobs() -> list[Job]:
    """Every file of the tests that is not deep."""
    known = json.loads(DURATIONS.read_text("utf-8")) if DURATIONS.is_file() else {}
    jobs = []
    for path in sorted(HERE.rglob("test_*.py")):
        name = path.relative_to(HERE).as_posix()
        if not name.startswith("deep/"):
            heavy = bool(statements(path).get("HEAVY", False))
            seconds = known.get(name, UNKNOWN_SECONDS)
            jobs.append(Job(name, seconds, partial(pytest, path), heavy))
    return jobs


def ci_jobs(quick: list[Job]) -> tuple[list[Job], list[Part]]:
    """What CI runs of deep/, and the parts for which no time is left."""
    lock = read_lock()
    fresh, stale = split(all_parts(), lock)
    one = fresh_one(fresh, lock, tree_hash())
    extra = [job_of(one, lock[one.name].seconds, twice(one))] if one else []
    print(f"fresh parts: {_names(fresh)}; of these once more: {_names([one] if one else [])}")
    wanted = {job_of(part, _seconds(lock, part)): part for part in stale}
    left = CI_SECONDS - RESERVE_SECONDS - (time.time() - float(os.environ["WINGS_CI_BEGAN"]))
    taken = fitting([*quick, *extra], list(wanted), left)
    print(f"stale parts: {_names(stale)}; there is time for {len(taken)} of them")
    return [*extra, *taken], [part for job, part in wanted.items() if job not in taken]


def remember(run: Run) -> None:
    """Seconds of each file of quick/."""
    found = {span.file: round(span.seconds) for span in run.spans if span.file[:5] != "deep/"}
    DURATIONS.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n", "utf-8")


def _seconds(lock: dict, part: Part) -> float | None:
    return lock[part.name].seconds if part.name in lock else None


def _names(parts: list[Part]) -> str:
    return " ".join(part.name for part in parts) or "none"


if __name__ == "__main__":
    sys.exit(main())
