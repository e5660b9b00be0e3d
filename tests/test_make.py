"""`make test` and `make check` make all parts, and name last what failed or was not checked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.helm import HELM_4

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "tools" / "go" / "build.sh"


def run(command: list[object], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Outside CI, and without what a make above has set."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith(("CI", "MAKE"))}
    return subprocess.run(
        [str(word) for word in command], cwd=folder, env={**kept, **env},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def no_go(tmp_path: Path) -> str:
    """A PATH with all of /usr/bin but Go."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for path in Path("/usr/bin").iterdir():
        if not re.fullmatch(r"go[\d.-]*", path.name):
            (programs / path.name).symlink_to(path)
    return str(programs)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Our Makefile and tools beside programs that note their arguments; mypy fails."""
    project = tmp_path / "project"
    programs = project / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("Makefile", "tools"):
        (project / name).symlink_to(ROOT / name)
    for name in ("requirements/dev.txt", "pyproject.toml", ".venv/.ready", "sidecar/x"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).touch()
    python = f'case $1 in tools/parts.py) exec {sys.executable} "$@" ;; esac\n'
    for name in ("ruff", "mypy", "pytest", "python"):
        ends = {"python": python, "mypy": "exit 1"}.get(name, "")
        (programs / name).write_text(f'#!/bin/sh\necho "$PWD: {name} $*"\n{ends}\n')
        (programs / name).chmod(0o755)
    return project


@pytest.mark.parametrize(
    ("target", "tests"),
    [("test", ["/sidecar: pytest -q -n 6 --dist worksteal", ": pytest -n 2"]),
     ("check", [": pytest -q -n 2 -m not slow"])],
)  # fmt: skip
def test_all_parts_are_made_and_what_failed_is_named_last(target, tests, project, no_go):
    done = run(["make", target], project, PATH=no_go)
    called = re.findall(rf"^{project}(\S*: .*)$", done.stdout, re.MULTILINE)
    lint = [": ruff check .", ": ruff format --check .", ": mypy "]
    assert sorted(called[1:]) == sorted([*lint, ": python tools/generate.py --check", *tests])
    *_, failed, unchecked, end = done.stdout.splitlines()
    assert failed == "FAILED: lint"
    assert unchecked.startswith("tools: there is no Go")
    assert end.startswith("make: *** ")
    assert done.returncode == 2


def test_nothing_failed(project, no_go):
    (project / ".venv" / "bin" / "mypy").write_text("#!/bin/sh\n")
    done = run(["make", "test"], project, PATH=no_go)
    assert done.returncode == 0, done.stdout
    passed, unchecked = done.stdout.splitlines()[-2:]
    assert passed == "passed: lint generated sidecar-suite suite"
    assert unchecked.startswith("tools: there is no Go")


def test_processes_of_the_tests_keep_their_byte_code(project, no_go):
    (project / ".venv" / "bin" / "pytest").write_text(
        '#!/bin/sh\necho "bytecode: [$PYTHONDONTWRITEBYTECODE]"\n'
    )
    done = run(["make", "suite"], project, PATH=no_go, PYTHONDONTWRITEBYTECODE="1")
    assert "bytecode: []" in done.stdout


def test_a_part_that_fails_keeps_no_other_from_running(tmp_path):
    (tmp_path / "Makefile").write_text(
        "bad worse:\n\t@echo $@ is shown; exit 3\ngood last:\n\t@echo $@ is shown\n"
    )
    parts = [sys.executable, ROOT / "tools" / "parts.py"]
    done = run([*parts, "bad good", "worse", "last"], tmp_path)
    assert done.returncode == 1
    assert {f"{name} is shown" for name in ("bad", "good", "worse", "last")} <= {
        *done.stdout.splitlines()
    }
    assert done.stdout.endswith("\nFAILED: bad, worse\n")
    assert run([*parts, "good", "last"], tmp_path).returncode == 0
    assert run([*parts, "good", "bad"], tmp_path).stdout.endswith("\nFAILED: bad\n")


class TestWithoutGo:
    def test_one_line_names_all_that_is_not_checked(self, no_go, tmp_path):
        done = run(["sh", BUILD, tmp_path / "out"], tmp_path, PATH=no_go)
        tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
        judges = {HELM_4, *re.findall(r'find_tool\("([\w-]+)"\)', tests)}
        assert len(judges) > 3
        (line,) = done.stdout.splitlines()
        assert {*line.partition("not checked: ")[2].split(", ")} == judges
        assert done.returncode == 0

    @pytest.mark.parametrize(("more", "env"), [([], {"CI": "true"}), (["cluster"], {})])
    def test_ci_and_the_cluster_fail(self, more, env, no_go, tmp_path):
        done = run(["sh", BUILD, tmp_path / "out", *more], tmp_path, PATH=no_go, **env)
        assert done.returncode == 1
        assert done.stdout == "tools: there is no Go, Go 1.21 or later is needed\n"
        assert shutil.which("go", path=no_go) is None

    def test_make_test_fails_in_ci_before_anything_is_tested(self, project, no_go):
        done = run(["make", "test"], project, PATH=no_go, CI="true")
        assert done.returncode == 2
        assert "pytest -" not in done.stdout
        assert done.stdout.splitlines()[-2] == "tools: there is no Go, Go 1.21 or later is needed"
