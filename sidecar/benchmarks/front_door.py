"""`python3 benchmarks/front_door.py [--seconds N] [--rounds N]`: what a front door adds to a gateway.

A front door before a gateway before the mock engine, the gateway alone, and the engine alone, in turns.
Door and gateway share one core: requests per second are for scale, and the goals are for what the
door's own process spends, and for the time it adds, as ratios to the gateway in the same run. Ends
with 1 when a goal is missed.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import candidates
import measures

MEASURES = {
    "p50_ms": 1.3, "cpu_us_per_request": 1.3, "cpu_us_per_chunk": 1.15, "requests_per_second": None,
    "bodies_per_second": None,
}  # fmt: skip
"""With the largest ratio that is good, None where the shared core decides."""

parser = argparse.ArgumentParser(description="the cost of a front door")
parser.add_argument("--seconds", type=int, default=3, help="of one measurement")
parser.add_argument("--rounds", type=int, default=3, help="medians are taken over these")
parser.add_argument("--python", default=sys.executable, help="interpreter for wings-infer")
options = parser.parse_args()


def main():
    with tempfile.TemporaryDirectory() as folder:
        started = [candidates.start_mock(folder)]
        try:
            started.append(candidates.start_wings(started[0].port, python=options.python))
            started.append(candidates.start_front_door(started[1].port, python=options.python))
            missed = [name for name in MEASURES if not report(name, measure(name, started))]
            return not missed
        finally:
            for candidate in reversed(started):
                candidate.stop()


def measure(name, started):
    """The median of the engine, the gateway and the door; of the engine only where time is measured."""
    found = {one.name: [] for one in started if name == "p50_ms" or one.name != "direct"}
    for _ in range(options.rounds):
        for one in started:
            if one.name in found:
                found[one.name].append(getattr(measures, name)(one, options.seconds))
    return {key: statistics.median(numbers) for key, numbers in found.items()}


def report(name, values):
    """Prints one measure; whether its goal is reached. Of times, each counts what it adds."""
    direct = values.get("direct", 0.0)
    gateway = values["wings"] - direct
    door = values["front door"] - (values["wings"] if direct else 0.0)
    goal = MEASURES[name]
    shown = f"goal: <= {goal}" if goal else "for scale"
    ratio = door / gateway
    print(f"{name:20} gateway {gateway:10.3f}  front door {door:10.3f}  ratio {ratio:5.2f}  ({shown})")
    return goal is None or ratio <= goal


sys.exit(not main())
