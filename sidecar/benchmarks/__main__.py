"""`python3 benchmarks [--seconds N] [--rounds N] [--log]`: proxies side by side, as ratios to nginx."""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import candidates
import measures

parser = argparse.ArgumentParser(description="nginx, haproxy and wings-infer side by side")
parser.add_argument("--seconds", type=int, default=3, help="of one measurement")
parser.add_argument("--rounds", type=int, default=3, help="medians are taken over these")
parser.add_argument("--log", action="store_true", help="with access logs, of nginx and wings-infer")
parser.add_argument("--only", default="", help="measures whose names contain this")
parser.add_argument(
    "--python", default=sys.executable, help="interpreter for wings-infer, of this version"
)
parser.add_argument(
    "--frameworks",
    default="",
    metavar="PYTHON",
    help="interpreter with fastapi, httpx, uvicorn and vllm-router: they are measured too, for scale",
)
options = parser.parse_args()

GOALS = {
    "requests_per_second": ">= 0.7", "cpu_us_per_request": "", "p50_ms": "<= 1.1 of the added time",
    "cpu_us_per_chunk": "<= 1.15", "bodies_per_second": ">= 1.2", "idle_memory_mb": "<= 60 MB",
    "health_p99_ms": "<= 20 ms",
}  # fmt: skip
TIMED = ["requests_per_second", "cpu_us_per_request", "p50_ms", "cpu_us_per_chunk", "bodies_per_second",
         "health_p99_ms"]  # fmt: skip
SCALE_ONLY = ("fastapi", "vllm-router")
SCALED = ("requests_per_second", "cpu_us_per_request", "p50_ms")


def find_programs():
    """Ends with a message where one is missing; some users' PATH leaves out those of administrators."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [name for name in candidates.PROGRAMS if shutil.which(name) is None]
    if missing:
        names = ", ".join(missing)
        raise SystemExit(f"benchmarks: missing: {names}; as root: sh tools/system.sh benchmarks")


def main():
    find_programs()
    with tempfile.TemporaryDirectory() as folder:
        engine = candidates.start_mock(folder)
        started = [engine]
        try:
            for start in starters():
                started.append(start(engine.port))
            for name in GOALS:
                if options.only in name:
                    report(name, measure(name, started))
        finally:
            for candidate in reversed(started):
                candidate.stop()


def starters():
    log = "{folder}/access.log" if options.log else "off"
    frameworks = [candidates.start_fastapi, candidates.start_vllm_router] if options.frameworks else []
    return [
        partial(candidates.start_nginx, log=log),
        candidates.start_haproxy,
        partial(candidates.start_wings, log="json" if options.log else "off", python=options.python),
        *(partial(start, python=options.frameworks) for start in frameworks),
    ]


def measure(name, started):
    """The median of each candidate, taken in turns."""
    function = getattr(measures, name)
    if name in TIMED:
        function = partial(function, seconds=options.seconds)
    rounds = options.rounds if name in TIMED else 1
    direct = name == "p50_ms"
    left_out = SCALE_ONLY if name not in SCALED else ()
    values = {
        one.name: [] for one in started if (direct or one.name != "direct") and one.name not in left_out
    }
    for _ in range(rounds):
        for one in started:
            if one.name in values:
                values[one.name].append(function(one))
    return {key: statistics.median(numbers) for key, numbers in values.items()}


def report(name, values):
    direct = values.pop("direct", 0)
    print(f"\n{name}  (goal for wings: {GOALS[name] or 'none'})")
    for key, value in values.items():
        ratio = (value - direct) / max(values["nginx"] - direct, 1e-9)
        print(f"  {key:12} {value - direct:12.3f}   ratio to nginx {ratio:6.2f}", flush=True)


main()
