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

from tests.support.processes import PROGRAM, ROOT, fake_helm
from tests.support.trees import texts

MINIMAL = ROOT / "examples" / "minimal.wings.yaml"


def test_an_interrupt_ends_with_130_when_helm_has_put_its_release_in_order(tmp_path):
    orderly = f"trap 'sleep 1; touch {tmp_path}/in-order; exit 1' INT; touch {tmp_path}/waits"
    does = f"exec >&- 2>&-; {orderly}; while :; do sleep 0.1; done"
    helm = fake_helm(tmp_path / "bin", does=does)
    # A job in the background of a shell starts with the signal ignored.
    start = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from wingsctl.__main__ import main; sys.exit(main())"
    )
    arguments = ["install", MINIMAL, "--output-dir", tmp_path / "out", "--helm", helm.path]
    command = [sys.executable, "-c", start, *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        while not (tmp_path / "waits").exists() and process.poll() is None:
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
        (["render", "--check", MINIMAL, "--output-dir", "/nowhere"], 10),
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
    assert (done.returncode, done.stdout, done.stderr) == (0, "chat: fits\n", "")


PROFILES = [
    "minimal", "deepseek-r1-distill-qwen-1.5b-t4", "deepseek-r1-distill-qwen-1.5b-t4-sglang",
    "llama-2-7b-awq-2x-a10g",
]  # fmt: skip
SURROUNDINGS = {
    "plain": {"PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "far": {"PYTHONHASHSEED": "42", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "HOME": "/no"},
}
RENDER_AND_PLAN = f"""
import sys
from wingsctl.cli.main import run
sys.exit(run(["render", *sys.argv[1:], "--output-dir", "x/y"]) or run(["plan", {str(MINIMAL)!r}]))
"""


def made(place: Path, profiles: list[Path], env: dict[str, str]) -> tuple[dict[str, str], str]:
    """The charts that a process of its own writes below `place`, and a plan."""
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", RENDER_AND_PLAN, *map(str, profiles)],
        env={**os.environ, **env}, capture_output=True, text=True, check=False, cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return texts(place / "x" / "y"), "".join(done.stdout.splitlines(True)[len(profiles) :])


def test_the_same_bytes_in_any_surroundings_place_and_order(wingsctl, examples, tmp_path):
    profiles = [examples / f"{name}.wings.yaml" for name in PROFILES]
    assert wingsctl("render", *profiles, "--output-dir", tmp_path / "here").code == 0
    expected = texts(tmp_path / "here"), wingsctl("plan", MINIMAL).stdout
    assert made(tmp_path / "plain", profiles, SURROUNDINGS["plain"]) == expected
    moved = shutil.move(examples, tmp_path / "moved")
    others = [moved / path.name for path in reversed(profiles)]
    place = tmp_path / "ein Ort mit Leerzeichen und ü"
    assert made(place, others, SURROUNDINGS["far"]) == expected
