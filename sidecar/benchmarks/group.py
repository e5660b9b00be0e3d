"""`python3 benchmarks/group.py [--size N] [--seconds N]`: an idle group's cost, and how fast it sees.

Real agents and scripts with a scripted engine, at the default intervals, through relays that count and
can be cut. Prints processor time of each agent, bytes of payload between a leader and a worker, and the
time from a cut until the leader's /health is not 200; ends with 1 when a goal is missed.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.group import Group
from support.waiting import wait_for

DEFAULTS = {
    "WINGS_GROUP_HOLD_SECONDS": "2",
    "WINGS_GROUP_ANSWER_SECONDS": "3",
    "WINGS_GROUP_LEASE_SECONDS": "12",
    "WINGS_ENGINE_HEALTH_INTERVAL_SECONDS": "5",
    "WINGS_ENGINE_LOAD_INTERVAL_SECONDS": "1",
}
CPU_GOAL, BYTES_GOAL, SILENCE_GOAL = 0.01, 100, 3.0
SLACK_SECONDS = 0.3
"""What asking for /health and a busy machine add."""

parser = argparse.ArgumentParser(description="the cost of an idle group")
parser.add_argument("--size", type=int, default=3)
parser.add_argument("--seconds", type=int, default=30)
parser.add_argument("--cuts", type=int, default=5, help="how often detection is measured")
options = parser.parse_args()


def main():
    with tempfile.TemporaryDirectory() as folder:
        group = Group(folder, options.size, is_cuttable=True, **DEFAULTS)
        try:
            group.start().wait_ready()
            return all([measure_idle(group), measure_detection(group)])
        finally:
            group.stop()


def measure_idle(group):
    """Processor time of each agent, and bytes between it and its peers."""
    pids = [pod.agent.process.pid for pod in group.pods]
    cpu, sent = [cpu_seconds(pid) for pid in pids], passed(group)
    began = time.monotonic()
    time.sleep(options.seconds)
    lasted = time.monotonic() - began
    shares = [(cpu_seconds(pid) - before) / lasted for pid, before in zip(pids, cpu, strict=True)]
    rate = (passed(group) - sent) / lasted / (options.size - 1)
    for index, share in enumerate(shares):
        print(f"agent of pod {index}: {share:.2%} of a core (goal: below {CPU_GOAL:.0%})")
    print(f"between the leader and a worker: {rate:.0f} bytes/s (goal: below {BYTES_GOAL})")
    return max(shares) < CPU_GOAL and rate < BYTES_GOAL


def measure_detection(group):
    """Seconds from the moment when nothing arrives any more."""
    found = []
    for _ in range(options.cuts):
        time.sleep(0.37 * len(found))  # at another moment of the interval each time
        began = time.monotonic()
        group.cut()
        wait_for(lambda: group.leader.agent.get("/health").status != 200, "detection")
        found.append(time.monotonic() - began)
        group.heal()
        group.wait_ready()
    shown = ", ".join(f"{seconds:.2f}" for seconds in found)
    print(f"a dead peer is noticed after {shown} s (goal: at most {SILENCE_GOAL:g})")
    return max(found) <= SILENCE_GOAL + SLACK_SECONDS


def cpu_seconds(pid):
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def passed(group):
    return sum(cutter.passed for cutter in group.cutters)


sys.exit(not main())
