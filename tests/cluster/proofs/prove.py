"""Runs a part, looks whether it covers what it used, and enters it into the lock."""

from __future__ import annotations

import hashlib
import tempfile
import time
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


def job_of(part: Part, seconds: float | None, *, keeps: bool = True, tries: int = 1) -> Job:
    """For the schedule; `keeps`: the lock gets what has passed."""

    def run(layout: Layout) -> Done:
        done = prove(part, layout, keeps=keeps)
        for _ in range(tries - 1):
            if not done.passed:
                again = prove(part, layout, keeps=keeps)
                head = f"{done.printed}\n-- {part.name} has failed; once more:\n"
                done = Done(again.passed, head + again.printed)
        return done

    return Job(f"deep/{part.path.name}", seconds or LIMIT_SECONDS, run, part.heavy)


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
    if keeps:
        record(part, uses)
        log = hashlib.sha256(done.printed.encode()).hexdigest()
        figures = noted_figures(folder)
        entry = Entry(part.command, seconds, digest(part), log, part.seed, figures)
        add_entry(part.name, entry)
    return done
