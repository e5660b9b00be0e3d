"""Repeating a file finds what fails now and then, and leaves no busy loop behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster.flaky import busy_cores
from tests.support.processes import ROOT

# Fails in its second round.
FLAKY = """
from pathlib import Path

def test_now_and_then():
    rounds = Path(__file__).with_name("rounds")
    rounds.write_text((rounds.read_text() if rounds.exists() else "") + "x")
    assert rounds.read_text() != "xx"
"""
HOLD = """
import time
from tests.cluster.flaky import busy_cores
with busy_cores() as loops:
    print(*[each.pid for each in loops], flush=True)
    time.sleep(600)
"""


def flaky(count: int, *paths: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.cluster.flaky", str(count), *map(str, paths)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.slow
def test_one_file_that_fails_fails_the_run(tmp_path):
    good, bad = tmp_path / "test_good.py", tmp_path / "test_bad.py"
    good.write_text("def test_it(): pass\n")
    bad.write_text("def test_it(): assert False\n")
    code, printed = flaky(1, bad, good)
    assert code == 1
    assert printed.splitlines()[-2:] == [
        f"1 of 1 rounds of {bad.name} failed", f"0 of 1 rounds of {good.name} failed",
    ]  # fmt: skip


def test_no_round_is_no_proof(tmp_path):
    assert flaky(0, Path(__file__)) == (2, "")


@pytest.mark.slow
def test_each_failure_is_shown_and_counted(tmp_path):
    path = tmp_path / "test_flaky.py"
    path.write_text(FLAKY)
    code, printed = flaky(2, path)
    assert code == 1
    assert "round 1 of 2" not in printed
    assert "round 2 of 2 failed:" in printed
    assert "AssertionError" in printed
    assert printed.splitlines()[-1] == f"1 of 2 rounds of {path.name} failed"
    assert flaky(1, path) == (0, f"0 of 1 rounds of {path.name} failed\n")


def test_busy_loops_end_with_their_block():
    with busy_cores() as loops:
        assert len(loops) == os.cpu_count()
        assert all(each.poll() is None for each in loops)
    assert not any(is_running(each.pid) for each in loops)


def test_busy_loops_end_when_their_parent_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        pids = [int(word) for word in holder.stdout.readline().split()]
        assert pids
        assert all(map(is_running, pids))
        holder.send_signal(signal.SIGKILL)
    end = time.monotonic() + 60
    while any(map(is_running, pids)):
        assert time.monotonic() < end, "a busy loop has outlived its parent"
        time.sleep(0.05)
