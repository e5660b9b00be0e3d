"""Which parts have to run: all that are stale, and in CI one more, chosen by the tree."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.cluster.proofs.code import ROOT, relative
from tests.cluster.proofs.lock import Lock
from tests.cluster.proofs.parts import LIMIT_SECONDS, Part
from tests.cluster.proofs.runs import digest
from tests.cluster.schedule import Job, makespan

CI_SECONDS = 70 * 60
"""All of `.ci/run`."""
RESERVE_SECONDS = 120
"""Two clusters start and end, too."""


def split(
    parts: Iterable[Part], lock: Lock, digest_of: Callable[[Part], str] = digest
) -> tuple[list[Part], list[Part]]:
    """Fresh ones, and those that have never passed or of which something has changed."""
    fresh: list[Part] = []
    stale: list[Part] = []
    for part in parts:
        is_fresh = part.name in lock and lock[part.name].runs == digest_of(part)
        (fresh if is_fresh else stale).append(part)
    return fresh, stale


def fresh_one(fresh: Sequence[Part], lock: Lock, tree: str) -> Part | None:
    """The same for the same tree; no part that took longer than one may."""
    short = [part for part in fresh if lock[part.name].seconds <= LIMIT_SECONDS]
    return short[int(tree, 16) % len(short)] if short else None


def fitting(needed: Sequence[Job], wanted: Sequence[Job], seconds: float) -> list[Job]:
    """Those of `wanted` that can run beside the needed ones within this time, short ones first."""
    taken: list[Job] = []
    for job in sorted(wanted, key=lambda each: (each.seconds, each.name)):
        if makespan([*needed, *taken, job]) <= seconds:
            taken.append(job)
    return taken


def tree_hash() -> str:
    """What Git calls the tree; where there is no Git, a hash of what proofs are about."""
    return hash_of_git(ROOT) or hash_of_files()


def hash_of_git(folder: Path) -> str:
    if not shutil.which("git"):
        return ""
    command = ["git", "rev-parse", "--verify", "--quiet", "HEAD^{tree}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def hash_of_files() -> str:
    folders = ("chart-templates", "sidecar/wings_infer", "tests/cluster", "wingsctl")
    paths = (path for each in folders for path in (ROOT / each).rglob("*") if path.is_file())
    kept = sorted(path for path in paths if "__pycache__" not in path.parts)
    found = hashlib.sha256()
    for path in kept:
        found.update(f"{relative(path)}\n".encode() + path.read_bytes())
    return found.hexdigest()
