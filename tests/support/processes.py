"""wingsctl in a process of its own, and programs that stand in for helm."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "wingsctl"]


def run_program(
    *arguments: object, env: dict[str, str] | None = None, cwd: Path = ROOT, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run wingsctl to its end; `env` is added to the environment."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, text=True, check=False,
        cwd=cwd, env={**os.environ, **(env or {})},
    )  # fmt: skip


@dataclass(frozen=True)
class FakeHelm:
    """A script that answers like a version of helm and notes what it was asked."""

    path: Path

    @property
    def arguments(self) -> list[str] | None:
        """The arguments of the last call that was not `version`, or None."""
        noted = self.path.with_suffix(".arguments")
        return noted.read_text("utf-8").split("\0")[:-1] if noted.is_file() else None


def fake_helm(directory: Path, version: str = "v3.17.3", *, does: str = "exit 0") -> FakeHelm:
    """Write such a script; `does` is what it does when it is called to work."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "helm"
    path.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = version ]; then echo {version}; exit 0; fi\n'
        f"printf '%s\\0' \"$@\" > {path}.arguments\n"
        f"{does}\n",
        encoding="utf-8",
    )
    path.chmod(0o755)
    return FakeHelm(path)


def fake_kubectl(directory: Path, answers: dict[str, str], *, does: str = "") -> Path:
    """Write a kubectl beside helm: a call that contains a key's words prints the value.

    Every call is noted in kubectl.calls; one that no key fits ends with 1.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "kubectl"
    cases = []
    for number, (words, answer) in enumerate(answers.items()):
        (directory / f"answer-{number}").write_text(answer, encoding="utf-8")
        cases.append(f"*{shlex.quote(words)}*) cat {directory}/answer-{number} ;;")
    path.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >> {path}.calls\n'
        f"{does}\n"
        f'case "$*" in\n{chr(10).join(cases)}\n*) echo "nothing known" >&2; exit 1 ;;\nesac\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    return path
