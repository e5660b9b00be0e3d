"""Runs a part, looks whether it covers what it used, and enters it into the lock."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.harness.layout import Layout
from tests.cluster.proofs.coverage import missing
from tests.cluster.proofs.figures import RECORD, noted_figures
from tests.cluster.proofs.lock import Entry, add_entry
from tests.cluster.proofs.parts import LIMIT_SECONDS, Part
from tests.cluster.proofs.pods import noted_pods, watched_pods
from tests.cluster.proofs.runs import digest, record
from tests.cluster.proofs.watch import noted_uses
from tests.cluster.schedule import Done, Job
from tests.cluster.two_clusters import pytest

PLUGIN = "tests.cluster.proofs.plugin"
Runs = Callable[[Layout], Done]


def job_of(part: Part, seconds: float | None, run: Runs | None = None) -> Job:
    """For the schedule; the lock gets what has passed."""
    return Job(f"deep/{part.path.name}", seconds or LIMIT_SECONDS, run or kept(part), part.heavy)


def kept(part: Part) -> Runs:
    """A run that renews the part's entry."""
    return lambda layout: prove(part, layout)


def twice(part: Part) -> Runs:
    """A run of a fresh part, whose entry stays as it is."""
    return again(lambda layout: prove(part, layout, keeps=False))


def again(run: Runs) -> Runs:
    """Once more where it fails; both are shown, and the second counts."""

    def both(layout: Layout) -> Done:
        first = run(layout)
        if first.passed:
            return first
        second = run(layout)
        head = f"{first.printed}\n-- this has failed; the same once more:\n"
        return Done(second.passed, head + second.printed)

    return both


def prove(part: Part, layout: Layout, *, keeps: bool = True) -> Done:
    """Passed where all tests have, and nothing ran that the part does not cover."""
    with tempfile.TemporaryDirectory(prefix="wings-proof-") as name:
        folder, began = Path(name), time.monotonic()
        with watched_pods(layout, folder):
            done = pytest(part.path, layout, "-p", PLUGIN, **{RECORD: name})
        seconds = round(time.monotonic() - began)
        return judged(part, done, folder, seconds, keeps=keeps) if done.passed else done


def judged(part: Part, done: Done, folder: Path, seconds: int, *, keeps: bool) -> Done:
    uses = noted_uses(folder)
    lacking = missing(part, uses, noted_pods(folder))
    if lacking:
        listed = "".join(f"  {each}\n" for each in lacking)
        return Done(False, f"{done.printed}{part.name}: COVERS lacks what the run used:\n{listed}")
    printed = done.printed
    if seconds > LIMIT_SECONDS:
        printed += f"{part.name} took {seconds} s, and a part has {LIMIT_SECONDS} s: divide it\n"
    if keeps:
        record(part, uses)
        log = hashlib.sha256(done.printed.encode()).hexdigest()
        figures = noted_figures(folder)
        entry = Entry(part.command, seconds, digest(part), log, part.seed, figures)
        add_entry(part.name, entry)
    return Done(True, printed)
