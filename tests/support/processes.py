"""wingsctl in a process of its own, and programs that stand in for helm."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
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
        """The arguments of the last call that changes a release, or None."""
        return self.calls[-1] if self.calls else None

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of all calls that change a release."""
        noted = self.path.with_suffix(".arguments")
        calls = noted.read_text("utf-8").split("\0\n")[:-1] if noted.is_file() else []
        return [call.split("\0") for call in calls]


_HELM = """\
#!/bin/sh
case "$1" in
version) echo {version}; exit 0 ;;
template) exec {real} "$@" ;;
history) cat {path}.history 2>/dev/null && exit 0; echo "Error: release: not found" >&2; exit 1 ;;
get) cat {path}.$2; exit ;;
esac
printf '%s\\0' "$@" >> {path}.arguments
echo >> {path}.arguments
{does}
"""


def fake_helm(
    directory: Path,
    version: str = "v3.17.3",
    *,
    does: str = "exit 0",
    history: Sequence[tuple[int, str]] = (),
    **kept: str,
) -> FakeHelm:
    """Write such a script; `does` is what it does when it is called to change a release.

    It renders as the real helm does. `history` are the numbers and states of revisions, of
    which it has `values` (JSON) and `manifest` (YAML).
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "helm"
    if history:
        revisions = [{"revision": number, "status": status} for number, status in history]
        Path(f"{path}.history").write_text(json.dumps(revisions), encoding="utf-8")
    for name, text in kept.items():
        Path(f"{path}.{name}").write_text(text, encoding="utf-8")
    real = Path(sysconfig.get_path("scripts")) / "helm"
    script = _HELM.format(version=version, real=real, path=path, does=does)
    path.write_text(script, encoding="utf-8")
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
