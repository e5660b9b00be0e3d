"""Only `models add` uses the network: every other command works with none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.processes import ROOT

GUARD = """
import sys
def refuse(event, _):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto"}:
        print("touched the network:", event, file=sys.stderr)
        sys.exit(99)
sys.addaudithook(refuse)
from wingsctl.__main__ import main
main()
"""
EXAMPLE = "examples/minimal.wings.yaml"
OFFLINE = {
    "init": ("init", "--model", "qwen3-8b", "--accelerator", "nvidia-l4", "--yes", "--to", "-"),
    "plan": ("plan", EXAMPLE),
    "render": ("render", EXAMPLE, "--output-dir", "OUT"),
    "validate": ("validate", EXAMPLE),
    "fit": ("fit", "qwen3-8b", "--accelerator", "nvidia-l4"),
    "fit of what is not known": ("fit", "acme/never-heard-of-7b", "--accelerator", "nvidia-l4"),
    "list": ("profiles", "list", "qwen3-8b"),
}


def guarded(*arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
    """A run that ends with 99 where it touches the network."""
    import os

    return subprocess.run(
        [sys.executable, "-c", GUARD, *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **env},
    )  # fmt: skip


@pytest.mark.parametrize("case", OFFLINE)
def test_a_command_does_without_a_network(case: str, tmp_path):
    arguments = [tmp_path if each == "OUT" else each for each in OFFLINE[case]]
    done = guarded(*arguments)
    assert done.returncode == (3 if "not known" in case else 0), done.stderr
    assert "touched the network" not in done.stderr


def test_the_guard_sees_what_touches_it(tmp_path):
    done = guarded(
        "models", "add", "acme/tiny", "--catalog", tmp_path, HF_ENDPOINT="http://127.0.0.1:9"
    )
    assert done.returncode == 99
    assert "touched the network" in done.stderr
