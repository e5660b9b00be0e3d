"""`wingsctl init` at a terminal: questions, wrong answers, and how it ends."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, ROOT, fake_kubectl
from tests.support.terminal import type_lines
from wingsctl.adapters.yaml_files import parse_yaml

from .test_init_clusters import nodes_as_json

WITHOUT_KUBECTL = {"PATH": "/nowhere"}


@pytest.fixture
def typed(beside_fakes, tmp_path, monkeypatch):
    """A run in tmp_path/work where these lines are typed."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*lines: str, words: tuple[str, ...] = (), **env: str):
        type_lines(monkeypatch, *lines)
        return beside_fakes("init", *words, **env)

    return run


def profile(name: str) -> dict:
    return parse_yaml(Path(f"{name}.wings.yaml").read_text("utf-8"), name).data


def test_every_question_has_a_default_but_two(typed):
    outcome = typed("qwen3-32b", "", "nvidia-l40s", "", "", **WITHOUT_KUBECTL)
    assert outcome.code == 0, outcome.stderr
    assert profile("qwen3-32b")["accelerator"] == {"name": "nvidia-l40s", "count": 2}
    assert "next: wingsctl plan qwen3-32b.wings.yaml" in outcome.stdout


def test_a_wrong_answer_leads_to_the_same_question(typed):
    outcome = typed(
        "qwen3-32x", "qwen3-32b",
        "s3", "pvc", "pvc:models/qwen",
        "nvidia-l40x", "nvidia-l40s",
        "speed", "lat",
        "0", "nine", "2",
        **WITHOUT_KUBECTL,
    )  # fmt: skip
    assert outcome.code == 0, outcome.stderr
    for words in (
        "did you mean qwen3-32b", "'s3' is no place of weights", "write pvc:CLAIM",
        "did you mean nvidia-l40", "write one of cost, latency", "write a number from 1 to 3",
    ):  # fmt: skip
        assert words in outcome.stderr
    found = profile("qwen3-32b")
    assert found["model"]["source"]["pvc"] == {"claimName": "models"}


def test_only_what_no_option_gives_is_a_question(typed):
    words = ("--model", "qwen3-32b", "--for", "cost", "--accelerator", "nvidia-l40s")
    outcome = typed("modelscope", words=(*words, "--layout", "1"))
    assert outcome.code == 0, outcome.stderr
    assert outcome.stderr.count(": ") == outcome.stderr.count("Weights [huggingface]: ")
    assert profile("qwen3-32b")["model"]["source"] == {"modelscope": {}}


def test_the_nodes_come_from_kubectl_where_that_is_wanted(typed, tmp_path):
    fake_kubectl(tmp_path / "bin", {"get nodes": nodes_as_json("l4-single")})
    outcome = typed("qwen3-8b", "", "perhaps", "y", "", "")
    assert outcome.code == 0, outcome.stderr
    assert profile("qwen3-8b")["accelerator"] == "nvidia-l4"
    calls = (tmp_path / "bin" / "kubectl.calls").read_text("utf-8").splitlines()
    assert len(calls) == 1


def test_a_card_is_a_question_where_kubectl_fails(typed, tmp_path):
    fake_kubectl(tmp_path / "bin", {}, does="echo 'no route' >&2; exit 1")
    outcome = typed("qwen3-8b", "", "", "nvidia-l40s", "", "")
    assert (outcome.code, "no route" in outcome.stderr) == (0, True), outcome.stderr
    assert profile("qwen3-8b")["accelerator"] == "nvidia-l40s"


@pytest.mark.slow
def test_a_question_mark_lists_what_holds_the_model(typed):
    outcome = typed("qwen3-32b", "", "?", "nvidia-h200", "", "", **WITHOUT_KUBECTL)
    assert outcome.code == 0, outcome.stderr
    assert "these hold it, the smallest first: " in outcome.stderr
    assert "nvidia-rtx-pro-6000" in outcome.stderr


def test_a_name_that_is_taken_leads_to_the_same_question(typed):
    Path("qwen3-32b.wings.yaml").write_text("mine\n", encoding="utf-8")
    words = ("--model", "qwen3-32b", "--accelerator", "nvidia-l40s", "--for", "cost")
    outcome = typed("", "No!", "qwen3-32b", "mine", "", words=words)
    assert outcome.code == 0, outcome.stderr
    assert profile("mine")["name"] == "mine"
    assert Path("qwen3-32b.wings.yaml").read_text("utf-8") == "mine\n"
    outcome = typed("", words=(*words, "--to", "qwen3-32b.wings.yaml"))
    assert (outcome.code, "exists" in outcome.stderr) == (3, True)


def test_input_that_ends_names_what_is_missing(typed):
    outcome = typed("qwen3-32b", **WITHOUT_KUBECTL)
    text = " ".join(outcome.stderr.split())
    assert outcome.code == 2
    assert "the input has ended, and missing: --source, --accelerator or --from-cluster" in text
    assert not list(Path().iterdir())


def test_text_that_is_none_is_a_wrong_answer(typed, monkeypatch):
    outcome = typed("\udcff\x1b[31m".encode("utf-8", "surrogateescape").decode("latin-1"))
    assert (outcome.code, "Traceback" in outcome.stderr) == (2, False)
    assert "\x1b" not in outcome.stderr


def at_terminal(folder: Path, *words: str) -> tuple[subprocess.Popen[bytes], int]:
    """The program with a pseudo-terminal as its standard input, and our end of that."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "init", *words], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(theirs)
    return process, ours


def test_a_real_terminal(tmp_path):
    process, ours = at_terminal(tmp_path, "--model", "qwen3-8b", "--accelerator", "nvidia-l40s")
    os.write(ours, b"\n\n\n")
    out, err = process.communicate(timeout=120)
    os.close(ours)
    assert process.returncode == 0, err
    assert b"wrote qwen3-8b.wings.yaml" in out
    assert (tmp_path / "qwen3-8b.wings.yaml").is_file()


def test_an_interrupt_leaves_nothing(tmp_path):
    process, ours = at_terminal(tmp_path)
    assert process.stderr is not None
    assert b"Model" in process.stderr.read(5)
    for _ in range(100):  # one that comes just before the read begins ends no read
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
            break
    _, err = process.communicate(timeout=20)
    os.close(ours)
    assert process.returncode == 130
    assert err.rstrip().endswith(b"interrupted")
    assert b"Traceback" not in err
    assert not list(tmp_path.iterdir())
