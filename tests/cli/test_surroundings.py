"""Every command in poor surroundings: no colour, no home, no output, the line ends of Windows."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from tests.support.checkpoints import CONFIG
from tests.support.processes import PROGRAM, ROOT, fake_helm, fake_kubectl
from tests.support.rows import check_rows
from wingsctl.cli.main import app

pytestmark = pytest.mark.slow
ARGUMENTS = {
    "init": ["--model", "qwen3-8b", "--accelerator", "nvidia-l40s", "--yes", "--to", "-"],
    "validate": ["chat.wings.yaml"],
    "plan": ["chat.wings.yaml"],
    "plan html": ["chat.wings.yaml", "-o", "html"],
    "fit": ["config.json", "--accelerator", "nvidia-l4"],
    "render": ["chat.wings.yaml"],
    "install": ["chat.wings.yaml", "--set", "replicas=2"],
    "pause": ["chat"],
    "resume": ["chat"],
    "models add": ["no-such-directory/"],
    "profiles list": ["l4"],
    "profiles show": ["nvidia-l4"],
    "schema": [],
    "explain": ["autoscaling"],
    "example": [],
    "completion": ["bash"],
}
OBJECTS = {"items": [{"kind": "ScaledObject", "metadata": {"name": "chat"}}]}
Done = subprocess.CompletedProcess[str]


def leaves() -> set[str]:
    """Every command that does something by itself."""
    found = get_command(app).commands.items()
    groups = {name: set(getattr(each, "commands", {})) for name, each in found}
    return {
        " ".join(filter(None, (name, leaf))) for name in groups for leaf in groups[name] or [""]
    }


def test_every_command_has_a_row():
    assert {name.removesuffix(" html") for name in ARGUMENTS} == leaves()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A profile with CRLF, a model, and programs that answer."""
    text = (ROOT / "examples" / "minimal.wings.yaml").read_text("utf-8")
    (tmp_path / "chat.wings.yaml").write_text(text, encoding="utf-8", newline="\r\n")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    fake_helm(tmp_path / "bin")
    answers = {"get scaledobjects.keda.sh": json.dumps(OBJECTS), "annotate": ""}
    fake_kubectl(tmp_path / "bin", answers)
    return tmp_path


def start(name: str, folder: Path, redirections: str = "") -> Done:
    """In a shell, as people start it; an empty environment but for a PATH."""
    words = [*name.removesuffix(" html").split(), *ARGUMENTS[name]]
    path = os.pathsep.join([str(folder / "bin"), "/usr/bin", "/bin"])
    env = {"PATH": path, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "TERM": "dumb"}
    command = ["sh", "-c", f'exec "$@" {redirections}', "sh", *PROGRAM, *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=env, timeout=120
    )


def test_no_home_no_colour_a_pipe_and_windows_line_ends(folder):
    def check(name: str) -> Iterator[str]:
        done = start(name, folder)
        if done.returncode != (3 if name == "models add" else 0):
            yield f"ends with {done.returncode}: {done.stderr}"
        if "\x1b" in done.stdout + done.stderr or "Traceback" in done.stderr:
            yield done.stdout + done.stderr
        if name.startswith("plan ") and "<html" not in done.stdout:
            yield "is no page"

    check_rows(ARGUMENTS, check)


@pytest.mark.parametrize(("redirection", "reason"), [(">&-", "closed"), (">/dev/full", "no space")])
def test_an_output_that_takes_nothing(redirection, reason, folder):
    def check(name: str) -> Iterator[str]:
        done = start(name, folder, redirection)
        prints = name != "models add"
        if prints and (done.returncode != 1 or reason not in done.stderr):
            yield f"ends with {done.returncode}: {done.stderr}"
        if "Traceback" in done.stderr:
            yield done.stderr

    check_rows([name for name in ARGUMENTS if name != "install"], check)


def test_messages_that_go_nowhere(folder):
    def check(name: str) -> Iterator[str]:
        done = start(name, folder, "2>/dev/full")
        if done.returncode != (3 if name == "models add" else 0):
            yield f"ends with {done.returncode}"

    check_rows(ARGUMENTS, check)


def test_a_terminal_that_knows_nothing_gets_plain_text(folder):
    def check(name: str) -> Iterator[str]:
        reader, writer = os.openpty()
        words = [*name.removesuffix(" html").split(), *ARGUMENTS[name]]
        env = {**os.environ, "TERM": "dumb", "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
        env["PATH"] = os.pathsep.join([str(folder / "bin"), "/usr/bin", "/bin"])
        with subprocess.Popen(
            [*PROGRAM, *words], cwd=folder, env=env, stdout=writer, stderr=writer
        ) as process:
            os.close(writer)
            shown = b""
            while data := _read(reader):
                shown += data
            process.wait(120)
        os.close(reader)
        if b"\x1b" in shown or b"Traceback" in shown:
            yield shown.decode()

    check_rows(ARGUMENTS, check)


def _read(reader: int) -> bytes:
    """Empty once no process has the other end open."""
    try:
        return os.read(reader, 65536)
    except OSError:
        return b""
