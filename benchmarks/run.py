"""CPU time of wingsctl beside helm's, in one run: medians, ratios and the goals, never asserted."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROFILE = ROOT / "examples" / "deepseek-r1-distill-qwen-1.5b-t4.wings.yaml"
LIBRARIES = ("typer", "pydantic", "jinja2", "ruamel.yaml")
"""What a render imports that is not wingsctl's own: the floor under its start."""
SCRIPTS = Path(sysconfig.get_path("scripts"))


@dataclass
class Case:
    """One command line, run several times; `prepare` is not counted."""

    name: str
    command: Sequence[str | Path]
    env: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None
    repetitions: int | None = None
    milliseconds: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """Runs it once in a process of its own."""
        self.prepare()
        self.milliseconds.append(cpu_milliseconds(self.command, self.env))

    @property
    def median(self) -> float:
        """The median of all runs so far, in milliseconds of CPU."""
        return statistics.median(self.milliseconds)


@dataclass(frozen=True)
class Goal:
    """`measured` against `reference`: the ratio of their medians is to stay within `limit`."""

    measured: str
    reference: str
    limit: float


GOALS = (
    Goal("--version", "helm version", 1.0),
    Goal("render, cold", "helm template", 3.7),
    Goal("render, no caches", "helm template", 3.7),
    Goal("render --check, unchanged", "render, cold", 1.1),
)


def cpu_milliseconds(command: Sequence[str | Path], env: dict[str, str]) -> float:
    """User and system time of a whole process and its children; it must succeed."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [str(part) for part in command], env={**os.environ, **env},
            stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise SystemExit(f"{command} ended with {process.returncode}: {errors.read().decode()}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def cases(work: Path, helm: str, count: int) -> list[Case]:
    """Every command that is measured; they share one directory."""
    wingsctl = SCRIPTS / "wingsctl"
    warm = {"XDG_CACHE_HOME": str(work / "warm")}
    bare = {"XDG_CACHE_HOME": str(work / "bare")}
    subprocess.run(
        [wingsctl, "render", PROFILE, "--output-dir", work / "charts"],
        env={**os.environ, **warm}, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    chart = next((work / "charts").iterdir())
    fresh, many = work / "fresh", work / "many"

    def empty(*folders: Path) -> Callable[[], object]:
        return lambda: [shutil.rmtree(folder, ignore_errors=True) for folder in folders]

    profiles = many_profiles(work / "profiles", count)
    render = [wingsctl, "render", PROFILE, "--output-dir"]
    return [
        Case("python -c pass", [sys.executable, "-c", "pass"]),
        Case("--version", [wingsctl, "--version"]),
        Case("helm version", [helm, "version"]),
        Case("completion", [wingsctl], {"_WINGSCTL_COMPLETE": "complete_bash",
             "COMP_WORDS": "wingsctl ren", "COMP_CWORD": "1"}),
        Case("helm __complete", [helm, "__complete", "temp"]),
        Case("validate", [wingsctl, "validate", PROFILE]),
        Case("plan", [wingsctl, "plan", PROFILE]),
        Case("schema", [wingsctl, "schema"]),
        Case("profiles list", [wingsctl, "profiles", "list"]),
        Case("render, cold", [*render, fresh], warm, empty(fresh)),
        Case("render, no caches", [*render, fresh], bare, empty(fresh, work / "bare")),
        Case("render --check, unchanged", [*render, work / "charts", "--check"], warm),
        Case("helm template", [helm, "template", "x", chart]),
        Case("its libraries alone", [sys.executable, "-c", f"import {', '.join(LIBRARIES)}"]),
        Case(f"render of {count} profiles",
             [wingsctl, "render", *profiles, "--output-dir", many], warm,
             empty(many), repetitions=1),
    ]  # fmt: skip


def many_profiles(folder: Path, count: int) -> list[Path]:
    """Copies of the profile that differ in name and length."""
    folder.mkdir()
    text = PROFILE.read_text(encoding="utf-8")
    name = next(line for line in text.splitlines() if line.startswith("name:"))
    paths = []
    for number in range(count):
        path = folder / f"p{number}.wings.yaml"
        path.write_text(text.replace(name, f"name: p{number}", 1), encoding="utf-8")
        paths.append(path)
    return paths


def goal_lines(medians: dict[str, float], count: int) -> list[str]:
    """What was wanted, what came out, and the verdict in words."""
    lines = []
    for goal in GOALS:
        ratio = medians[goal.measured] / medians[goal.reference]
        word = "met" if ratio <= goal.limit else "missed"
        lines.append(
            f"{goal.measured} / {goal.reference}: {ratio:.2f} (goal <= {goal.limit:g}): {word}"
        )
    ratio = medians["its libraries alone"] / medians["helm template"]
    lines.append(f"the libraries of a render alone / helm template: {ratio:.2f}")
    many = medians[f"render of {count} profiles"] / count
    ratio = medians["helm template"] / many
    word = "met" if ratio >= 8 else "missed"
    lines.append(
        f"{count} profiles in one call, {many:.1f} ms each: {ratio:.1f} times faster than"
        f" as many helm template runs (goal >= 8): {word}"
    )
    return lines


def import_totals(arguments: Sequence[str | Path]) -> list[tuple[str, float]]:
    """Milliseconds that a command spends on its imports, by top-level package."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", SCRIPTS / "wingsctl", *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    totals: Counter[str] = Counter()
    for line in done.stderr.splitlines():
        if line.startswith("import time:") and line.count("|") == 2 and "self [us]" not in line:
            own, _, name = line.removeprefix("import time:").split("|")
            totals[name.strip().split(".")[0]] += int(own)
    return [(name, microseconds / 1000) for name, microseconds in totals.most_common(15)]


def show_imports(work: Path) -> None:
    """Import totals of the commands that people wait for."""
    for arguments in (
        ["validate", PROFILE],
        ["render", PROFILE, "--output-dir", work / "charts"],
        ["profiles", "list"],
    ):
        totals = import_totals(arguments)
        print(f"\nimports of wingsctl {arguments[0]} (ms, by package, slower than without -X)")
        for name, milliseconds in totals:
            print(f"  {name:24}{milliseconds:8.1f}")


def main() -> int:
    """Measure in turns, so that a busy moment hits every case alike; then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--helm", default=str(SCRIPTS / "helm"), help="the helm to compare with")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--profiles", type=int, default=1000, help="profiles in one call")
    parser.add_argument("--imports", action="store_true", help="also totals by -X importtime")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        measured = cases(work, options.helm, options.profiles)
        for turn in range(options.repetitions):
            for case in measured:
                if turn < (case.repetitions or options.repetitions):
                    case.measure()
        medians = {case.name: case.median for case in measured}
        print(f"{'ms of CPU (user + system)':34}{'median':>9}{'lowest':>9}{'runs':>6}")
        for case in measured:
            lowest, runs = min(case.milliseconds), len(case.milliseconds)
            print(f"{case.name:34}{case.median:9.1f}{lowest:9.1f}{runs:6}")
        print("", *goal_lines(medians, options.profiles), sep="\n")
        if options.imports:
            show_imports(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
