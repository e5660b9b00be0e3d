"""The engines that `make judge` installs, and how their Python is called."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ROOT / ".tools" / "engine"
PATHS = {"vllm": (), "sglang": (ENGINES / "sglang",)}
"""Folders before those of the engine's environment."""


@dataclass(frozen=True)
class Engine:
    """A Python that imports the engine."""

    name: str
    python: Path
    path: tuple[Path, ...]

    def run(
        self, *arguments: object, folder: Path, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """A program of ours in a folder, which is its home, too; never raises but on time-out."""
        return subprocess.run(
            [str(self.python), "-B", *map(str, arguments)], cwd=folder, timeout=seconds,
            env=os.environ | {"HOME": str(folder), "PYTHONPATH": ":".join(map(str, self.path))},
            capture_output=True, text=True, check=False,
        )  # fmt: skip


def installed(name: str) -> Engine:
    """Fails where it is missing: these tests are never skipped."""
    found = Engine(name, ENGINES / "bin" / "python", PATHS[name])
    lacking = [each for each in (found.python, *found.path) if not each.exists()]
    assert not lacking, f"{lacking[0]} is missing: run make judge"
    return found
