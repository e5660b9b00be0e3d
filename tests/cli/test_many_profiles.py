"""Many profiles at once: how far a command is, and how many of them are right."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, ROOT, run_program
from tests.support.rows import check_rows

MINIMAL = (ROOT / "examples" / "minimal.wings.yaml").read_text("utf-8")
COUNT = 12
COMMANDS = {"validate": [], "plan": [], "render": ["--output-dir", "charts"]}


@pytest.fixture
def profiles(tmp_path: Path) -> list[str]:
    """Enough of them for a line that counts."""
    names = [f"chat-{number}" for number in range(1, COUNT + 1)]
    for name in names:
        text = MINIMAL.replace("name: chat", f"name: {name}")
        (tmp_path / f"{name}.wings.yaml").write_text(text, encoding="utf-8")
    return [f"{name}.wings.yaml" for name in names]


def at_terminal(arguments: list[str], folder: Path, **env: str) -> tuple[int, str]:
    """Exit code of wingsctl, and what a terminal gets of its messages."""
    reader, writer = os.openpty()
    clean = {key: value for key, value in os.environ.items() if key not in ("CI", "TERM")}
    process = subprocess.Popen(
        [*PROGRAM, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=writer,
        env={**clean, "TERM": "xterm", "COLUMNS": "80", "PYTHONPATH": str(ROOT), **env},
    )  # fmt: skip
    os.close(writer)
    shown = b"".join(read(reader))
    os.close(reader)
    return process.wait(), shown.decode()


def read(reader: int) -> Iterator[bytes]:
    """All that comes, until no process has the other end open."""
    while True:
        try:
            data = os.read(reader, 65536)
        except OSError:
            return
        if not data:
            return
        yield data


def left_on_screen(shown: str) -> str:
    """What stays visible of one line that is drawn again and again."""
    line: list[str] = []
    for drawn in shown.split("\r"):
        line[: len(drawn)] = drawn
    return "".join(line).strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_terminal_shows_how_far_it_is_and_keeps_nothing_of_it(command, profiles, tmp_path):
    code, shown = at_terminal([command, *profiles, *COMMANDS[command]], tmp_path)
    assert code == 0
    counted = re.findall(r"\r(\d+)/12 (\S+)", shown)
    assert [int(number) for number, _ in counted[:COUNT]] == list(range(1, COUNT + 1))
    assert counted[0][1] == "chat-1.wings.yaml"
    assert left_on_screen(shown.replace(f"{COUNT} ok\r\n", "")) == ""


SILENT = {
    "few": (["validate", "chat-1.wings.yaml", "chat-2.wings.yaml"], {}),
    "json": (["validate", "ALL", "-o", "json"], {}),
    "yaml": (["plan", "ALL", "-o", "yaml"], {}),
    "CI": (["plan", "ALL"], {"CI": "true"}),
    "dumb": (["plan", "ALL"], {"TERM": "dumb"}),
}


def test_where_nothing_is_counted(profiles, tmp_path):
    def check(name: str) -> Iterator[str]:
        arguments, env = SILENT[name]
        words = [word for each in arguments for word in (profiles if each == "ALL" else [each])]
        code, shown = at_terminal(words, tmp_path, **env)
        if (code, shown.replace("2 ok\r\n", "")) != (0, ""):
            yield f"ends with {code} and shows {shown!r}"

    check_rows(SILENT, check)


def test_a_pipe_gets_no_count(profiles, tmp_path):
    done = run_program("plan", *profiles, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stderr) == (0, "")


def test_an_error_stands_on_a_line_of_its_own(profiles, tmp_path):
    (tmp_path / profiles[4]).write_text(MINIMAL.replace("vllm", "vlm"), encoding="utf-8")
    code, shown = at_terminal(["validate", *profiles], tmp_path)
    assert code == 3
    *_, messages = shown.partition("chat-5.wings.yaml:")
    before = shown[: -len(messages) - len("chat-5.wings.yaml:")]
    assert left_on_screen(before) == ""
    assert messages.endswith("error: chat-5.wings.yaml is not valid\r\n  11 ok, 1 wrong\r\n")


def test_validate_names_what_is_right_beside_what_is_wrong(
    wingsctl, profiles, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("bad.wings.yaml").write_text(MINIMAL + "replica: 2\n", encoding="utf-8")
    outcome = wingsctl("validate", profiles[0], "bad.wings.yaml", profiles[1])
    assert outcome.code == 3
    assert outcome.stdout == "chat-1.wings.yaml: ok\nchat-2.wings.yaml: ok\n"
    assert outcome.stderr.endswith("error: bad.wings.yaml is not valid\n  2 ok, 1 wrong\n")
    outcome = wingsctl("validate", *profiles)
    assert (outcome.code, outcome.stderr) == (0, "12 ok\n")


def test_one_name_in_two_environments_is_no_mistake_before_rendering(wingsctl, tmp_path):
    paths = [tmp_path / place / "chat.wings.yaml" for place in ("staging", "production")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(MINIMAL, encoding="utf-8")
    assert wingsctl("validate", *paths).code == 0
    assert wingsctl("plan", *paths).code == 0
    assert wingsctl("render", *paths, "--output-dir", tmp_path / "charts").code == 4


@pytest.fixture
def environments(tmp_path, monkeypatch):
    """Two profiles of one name: staging/chat.wings.yaml and production/chat.wings.yaml."""
    monkeypatch.chdir(tmp_path)
    for place, replicas in (("staging", 1), ("production", 3)):
        Path(place).mkdir()
        Path(place, "chat.wings.yaml").write_text(MINIMAL + f"replicas: {replicas}\n", "utf-8")


def test_a_chart_of_another_profile_is_not_replaced_without_a_word(wingsctl, environments):
    assert wingsctl("render", "staging/chat.wings.yaml").stderr == ""
    outcome = wingsctl("render", "production/chat.wings.yaml")
    assert (outcome.code, outcome.stdout) == (0, "charts/chat: written\n")
    assert outcome.stderr == (
        "charts/chat:1:1: warning: was rendered from staging/chat.wings.yaml before, and now from"
        " another profile\n"
        "    give each its own name, or its own --output-dir\n"
    )
    assert wingsctl("render", "production/chat.wings.yaml").stderr == ""


@pytest.mark.parametrize("output_dir", ["charts", "link/charts"])
def test_a_profile_that_was_moved_is_the_same_one(output_dir, wingsctl, environments):
    Path("link").symlink_to(".")
    wingsctl("render", "staging/chat.wings.yaml", "--output-dir", output_dir)
    Path("staging").rename("test")
    Path("test/chat.wings.yaml").write_text(MINIMAL + "replicas: 2\n", "utf-8")
    outcome = wingsctl("render", "test/chat.wings.yaml", "--output-dir", "charts")
    assert (outcome.stdout, outcome.stderr) == ("charts/chat: written\n", "")


def test_where_a_profile_lies_is_no_difference(wingsctl, environments):
    wingsctl("render", "staging/chat.wings.yaml")
    Path("production/chat.wings.yaml").write_bytes(Path("staging/chat.wings.yaml").read_bytes())
    for words in ((), ("--check",)):
        outcome = wingsctl("render", "production/chat.wings.yaml", *words)
        assert (outcome.code, outcome.stdout) == (0, "charts/chat: unchanged\n")
        assert outcome.stderr == ""
