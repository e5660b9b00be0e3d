"""What only a process of its own shows: signals, closed pipes, the same bytes everywhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, ROOT, fake_helm, run_program
from tests.support.trees import texts

MINIMAL = ROOT / "examples" / "minimal.wings.yaml"


def test_an_interrupt_ends_with_130_when_helm_has_put_its_release_in_order(tmp_path):
    orderly = f"trap 'sleep 1; touch {tmp_path}/in-order; exit 1' INT; while :; do sleep 0.1; done"
    helm = fake_helm(tmp_path / "bin", does=f"exec >&- 2>&-; {orderly}")
    # A job in the background of a shell starts with the signal ignored.
    start = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from wingsctl.__main__ import main; sys.exit(main())"
    )
    arguments = ["install", MINIMAL, "-o", tmp_path / "out", "--helm", helm.path]
    command = [sys.executable, "-c", start, *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        while helm.arguments is None and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert (tmp_path / "in-order").exists()
    assert "error: interrupted; release chat is left as it is\n" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["plan", MINIMAL], 0),
        (["plan", MINIMAL, "--output", "json"], 0),
        (["validate", "none.wings.yaml", "--output", "json"], 3),
        (["render", "--check", MINIMAL, "-o", "/nowhere"], 10),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else str(value),
)
def test_a_reader_that_left_is_no_error(arguments, code):
    reader, writer = os.pipe()
    os.close(reader)
    command = [*PROGRAM, *map(str, arguments)]
    done = subprocess.run(
        command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT
    )
    os.close(writer)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_plan_into_head():
    command = 'set -o pipefail; "$0" -m wingsctl plan examples/minimal.wings.yaml | head -1'
    done = subprocess.run(
        ["bash", "-c", command, PROGRAM[0]], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "chat\n", "")


PROFILES = [
    "minimal", "deepseek-r1-distill-qwen-1.5b-t4", "deepseek-r1-distill-qwen-1.5b-t4-sglang",
    "llama-2-7b-awq-2x-a10g",
]  # fmt: skip
SURROUNDINGS = {
    "plain": {"PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "far": {"PYTHONHASHSEED": "42", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "HOME": "/no"},
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> dict[str, str]:
    return rendered(tmp_path_factory.mktemp("reference"), PROFILES, {})


def rendered(
    place: Path, names: list[str], env: dict[str, str], output: str = "out"
) -> dict[str, str]:
    """The charts as rendered from a copy of the examples below `place`."""
    shutil.copytree(ROOT / "examples", place / "examples")
    paths = [f"examples/{name}.wings.yaml" for name in names]
    env = {"PYTHONPATH": str(ROOT), **env}
    done = run_program("render", *paths, "-o", output, cwd=place, env=env)
    assert done.returncode == 0, done.stderr
    return texts(place / output)


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_the_same_bytes_in_any_surroundings(name, reference, tmp_path):
    assert rendered(tmp_path, PROFILES, SURROUNDINGS[name]) == reference


def test_the_same_bytes_in_any_place_and_order(reference, tmp_path):
    place = tmp_path / "ein Ort mit Leerzeichen und ü"
    assert rendered(place, PROFILES[::-1], {}, output="x/y") == reference


def test_the_plan_is_the_same_too():
    outputs = {run_program("plan", MINIMAL, env=env).stdout for env in SURROUNDINGS.values()}
    assert len(outputs) == 1
