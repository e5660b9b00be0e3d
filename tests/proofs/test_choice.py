"""Which parts run: the stale ones, as far as there is time, and one fresh one for each tree."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

from tests.cluster.proofs import choice
from tests.cluster.proofs.choice import fitting, fresh_one, split, tree_hash
from tests.cluster.proofs.code import ROOT
from tests.cluster.proofs.lock import Entry
from tests.cluster.proofs.parts import LIMIT_SECONDS, Part
from tests.cluster.schedule import Done, Job

PARTS = [Part(Path(f"test_{name}.py")) for name in ("a", "b", "c")]
LOCK = {part.name: Entry(part.command, 100, f"digest of {part.name}", "") for part in PARTS}


def digest_of(part: Part) -> str:
    return f"digest of {part.name}"


def job(name: str, seconds: float) -> Job:
    return Job(name, seconds, lambda _: Done(True, ""))


def test_what_has_changed_or_never_passed_is_stale():
    a, b, c = PARTS
    assert split(PARTS, LOCK, digest_of) == (PARTS, [])
    changed = LOCK | {"b": replace(LOCK["b"], runs="another digest")}
    assert split(PARTS, changed, digest_of) == ([a, c], [b])
    assert split(PARTS, {"a": LOCK["a"]}, digest_of) == ([a], [b, c])


def test_the_tree_chooses_the_fresh_part():
    assert [fresh_one(PARTS, LOCK, f"{number:x}") for number in (0, 1, 2, 300)] == [
        *PARTS,
        PARTS[0],
    ]
    assert fresh_one([], LOCK, "1") is None


def test_a_part_that_took_too_long_is_not_chosen():
    slow = LOCK | {"a": replace(LOCK["a"], seconds=LIMIT_SECONDS + 1)}
    assert {fresh_one(PARTS, slow, f"{number:x}") for number in range(9)} == set(PARTS[1:])


def test_stale_parts_run_as_long_as_there_is_time():
    needed, wanted = [job("quick", 100), job("quick2", 100)], [job(each, 60) for each in "abc"]
    names = [[each.name for each in fitting(needed, wanted, time)] for time in (159, 160, 220)]
    assert names == [[], ["a", "b"], ["a", "b", "c"]]


def test_without_time_nothing_of_deep_runs():
    assert fitting([job("quick", 100)], [job("a", 1)], -5) == []


def test_the_tree_s_hash_is_git_s():
    command = ["git", "rev-parse", "HEAD^{tree}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert tree_hash() == (done.stdout.strip() or choice.hash_of_files())


def test_without_git_files_decide(tmp_path):
    assert choice.hash_of_git(tmp_path) == ""
    assert int(choice.hash_of_files(), 16) > 0
