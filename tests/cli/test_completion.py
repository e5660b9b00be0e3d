"""What a shell offers: the scripts of each shell, and names of the catalog."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, ROOT
from tests.support.rows import check_rows
from tests.support.system_programs import need
from wingsctl.cli.main import run

SIGNS = {"bash": "complete -o default -F", "zsh": "#compdef wingsctl", "fish": "complete --command"}
OFFERED = {
    "wingsctl pl": ["plan"],
    "wingsctl profiles show nvidia-l4": ["nvidia-l4", "nvidia-l40", "nvidia-l40s"],
    "wingsctl profiles show --kind fabrics eth": ["ethernet"],
    "wingsctl profiles show --kind fabrics nvidia-l4": [],
    "wingsctl fit qwen3-32": ["qwen3-32b", "qwen3-32b-awq"],
    "wingsctl fit x --accelerator amd-mi210": ["amd-mi210"],
    "wingsctl fit x --engine v": ["vllm"],
    "wingsctl fit --catalog CATALOG our": ["our-model"],
    "wingsctl init --model qwen3-32": ["qwen3-32b", "qwen3-32b-awq"],
    "wingsctl init --accelerator amd-mi210": ["amd-mi210"],
    "wingsctl init --recipe deepseek-r1-8xh2": ["deepseek-r1-8xh200"],
    "wingsctl example minimal": ["minimal"],
    "wingsctl explain autoscaling.trig": ["autoscaling.triggers"],
    "wingsctl explain triggers[0].nothing": [],
    "wingsctl explain --kind accelerator usable": ["usableGib"],
    "wingsctl completion z": ["zsh"],
}


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "our-model.yaml").write_text("no: matter\n")
    return tmp_path


def test_names_are_offered(catalog, capsys, monkeypatch):
    def check(line: str) -> Iterator[str]:
        words = line.replace("CATALOG", str(catalog))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("_WINGSCTL_COMPLETE", "complete_bash")
            patch.setenv("COMP_WORDS", words)
            patch.setenv("COMP_CWORD", str(len(words.split()) - 1))
            if run([]) != 0:
                yield "fails"
        offered = capsys.readouterr().out.split()
        if offered[:2] != OFFERED[line][:2]:
            yield f"offers {offered}"

    check_rows(OFFERED, check)


@pytest.mark.parametrize("shell", [*SIGNS, "powershell"])
def test_the_script_is_that_of_the_shell(shell, wingsctl):
    outcome = wingsctl("completion", shell)
    assert (outcome.code, outcome.stderr) == (0, "")
    signed = [name for name, sign in SIGNS.items() if sign in outcome.stdout]
    assert signed == ([shell] if shell in SIGNS else [])
    if shell in SIGNS:
        need(shell)
        judge = [shell, "--no-config", "-n"] if shell == "fish" else [shell, "-n"]
        done = subprocess.run(
            judge, input=outcome.stdout, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


ASK = {
    "bash": "source <(wingsctl completion bash); COMP_WORDS=(wingsctl fit qwen3-32); COMP_CWORD=2; "
    '_wingsctl_completion wingsctl; printf "%s\\n" "${COMPREPLY[@]}"',
    "fish": 'wingsctl completion fish | source; complete -C "wingsctl fit qwen3-32"',
}


@pytest.mark.parametrize("shell", ASK)
def test_the_shell_itself_completes(shell, tmp_path):
    need(shell)
    program = tmp_path / "wingsctl"
    program.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    done = subprocess.run(
        [shell, "-c", ASK[shell]], capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout.split()[:2] == OFFERED["wingsctl fit qwen3-32"], done.stderr


def test_an_unknown_shell_is_refused(wingsctl):
    outcome = wingsctl("completion", "tcsh")
    assert outcome.code == 2
    assert "'tcsh' is not one of" in outcome.stderr


@pytest.mark.parametrize(
    "words",
    ["wingsctl pl", "wingsctl profiles show nv", "wingsctl explain a", "wingsctl example m"],
)
def test_a_word_costs_no_more_than_the_command_line(words):
    env = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "wingsctl"],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={**os.environ, **env, "_WINGSCTL_COMPLETE": "complete_bash"},
    )  # fmt: skip
    names = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert done.stdout.strip()
    heavy = {"pydantic", "ruamel.yaml", "rich", "jinja2", "wingsctl.plan", "wingsctl.chart"}
    assert not names & heavy
