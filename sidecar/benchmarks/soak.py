"""`python3 benchmarks/soak.py [--minutes N]`: wings-infer under load; does its memory stay flat?

Plain requests, streams and bodies in turns against the mock engine. Prints memory (PSS) once a
minute, and ends with 1 when the last quarter is more than a tenth above the second one.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import candidates
import measures

ROUND_SECONDS = 5

parser = argparse.ArgumentParser(description="memory of wings-infer under load")
parser.add_argument("--minutes", type=float, default=10)
parser.add_argument("--python", default=sys.executable, help="interpreter for wings-infer")
options = parser.parse_args()


def main():
    with tempfile.TemporaryDirectory() as folder:
        engine = candidates.start_mock(folder)
        wings = candidates.start_wings(engine.port, python=options.python)
        try:
            return judge(samples(wings))
        finally:
            wings.stop()
            engine.stop()


def samples(wings):
    """(seconds since the start, MB) after each round of load."""
    start, found, told = time.monotonic(), [], -60.0
    while (now := time.monotonic() - start) < options.minutes * 60:
        measures.requests_per_second(wings, ROUND_SECONDS)
        measures.cpu_us_per_chunk(wings, ROUND_SECONDS)
        measures.bodies_per_second(wings, ROUND_SECONDS)
        found.append(wings.memory_mb())
        if now - told >= 60:
            told = now
            print(f"{now:6.0f} s {found[-1]:8.2f} MB", flush=True)
    return found


def judge(found):
    quarter = max(1, len(found) // 4)
    early = statistics.mean(found[quarter : 2 * quarter])
    late = statistics.mean(found[-quarter:])
    print(f"second quarter {early:.2f} MB, last quarter {late:.2f} MB, {len(found)} samples")
    return 1 if late > early * 1.1 else 0


sys.exit(main())
