"""Broken profiles: every problem at its place, the right exit code, and nothing written.

`exit-N/NAME.wings.yaml` is a broken profile, `NAME.txt` beside it all that the user sees.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.commands import run
from tests.support.expected import check_text
from tests.support.rows import check_rows
from tests.support.trees import Snapshot, snapshot

HERE = Path(__file__).parent
PROFILES = sorted(HERE.glob("exit-*/*.wings.yaml"))
JARGON = re.compile(
    r"Traceback|pydantic|ruamel|Input should|valid (string|integer|dictionary)|Error\b|NoneType"
    r"|\^\[|extra_forbidden|validat|loc\b|\bdict\b|\bstr\b|\bint\b"
)
SECRETS = re.compile(r"hf_A|sk-a|ghp_A|AKIAA|PRIVATE KEY|swordfish|12345")


def name_of(path: Path) -> str:
    return path.name.removesuffix(".wings.yaml")


@pytest.fixture(scope="module")
def old_chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output directory with a chart of the name that the broken profiles have too."""
    out = tmp_path_factory.mktemp("charts")
    minimal = HERE.parent.parent / "examples" / "minimal.wings.yaml"
    assert run(["render", str(minimal), "--output-dir", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def before(old_chart: Path) -> Snapshot:
    """What it held before all tests."""
    return snapshot(old_chart)


@pytest.mark.parametrize("path", PROFILES, ids=name_of)
def test_problems_are_reported_and_nothing_is_written(
    path, wingsctl, old_chart, before, monkeypatch, request
):
    monkeypatch.chdir(path.parent)
    outcome = wingsctl("render", path.name, "--output-dir", old_chart, "--force")
    check_text(
        path.with_name(f"{name_of(path)}.txt"),
        outcome.stderr,
        update=request.config.getoption("--update-golden"),
    )
    assert outcome.stdout == ""
    assert f"exit-{outcome.code}" == path.parent.name
    assert snapshot(old_chart) == before


def test_every_message_has_a_place_and_plain_words():
    check_rows(PROFILES, unclear_lines, name_of)


def unclear_lines(path: Path) -> Iterator[str]:
    *lines, last = path.with_name(f"{name_of(path)}.txt").read_text("utf-8").splitlines()
    yield from misplaced([line for line in lines if not line.startswith("    ")], path)
    if not re.fullmatch(rf"error: {re.escape(path.name)} (is not valid|does not work out)", last):
        yield f"ends otherwise: {last}"
    for line in (*lines, last):
        if JARGON.search(line.replace("must be text", "")):
            yield f"jargon: {line}"
        if SECRETS.search(line):
            yield f"a secret: {line}"


def misplaced(problems: list[str], path: Path) -> Iterator[str]:
    """Problems without a place in the file, or not in the order of the file."""
    if not problems:
        yield "no problem is reported"
    last_line = path.read_text("utf-8").count("\n") + 1
    found = []
    for problem in problems:
        place = re.match(rf"{re.escape(path.name)}:(\d+):(\d+): \S.* \S", problem)
        if place is None or not 1 <= int(place[1]) <= last_line:
            yield f"no place in the file: {problem}"
        else:
            found.append((int(place[1]), int(place[2])))
    if found != sorted(found):
        yield f"not in order: {found}"


def test_no_expected_text_without_its_profile():
    expected = {path.with_suffix("").stem for path in HERE.glob("exit-*/*.txt")}
    assert expected == {name_of(path) for path in PROFILES}
    assert len(PROFILES) >= 100


def test_all_at_once_report_what_each_reports_alone(wingsctl, monkeypatch):
    monkeypatch.chdir(HERE)
    paths = [path.relative_to(HERE).as_posix() for path in PROFILES]
    outcome = wingsctl("validate", *reversed(paths))
    twice = re.compile(r".*: name: \S+ is also the name in .*\n    give each profile its own.*\n")
    alone = [
        path.with_name(f"{name_of(path)}.txt")
        .read_text("utf-8")
        .replace(path.name, f"{path.parent.name}/{path.name}")
        .rsplit("error: ", 1)[0]
        for path in PROFILES
    ]
    head, last = outcome.stderr.rsplit("error: ", 1)
    assert twice.sub("", head) == "".join(alone)
    assert last == f"{', '.join(paths)} are not valid\n  0 ok, {len(paths)} wrong\n"
    assert outcome.code == 3


@pytest.mark.parametrize("command", ["validate", "plan", "render"])
def test_a_secret_is_in_no_output(command, wingsctl, tmp_path):
    target = ("--output-dir", tmp_path) if command == "render" else ()

    def check(path: Path) -> Iterator[str]:
        outcome = wingsctl(command, path, "--output", "json", *target)
        if outcome.code != 3:
            yield f"ends with {outcome.code}"
        if found := SECRETS.search(outcome.stdout + outcome.stderr):
            yield f"shows {found[0]}"
        yield from (f"writes {each.name}" for each in tmp_path.iterdir())

    check_rows([path for path in PROFILES if "secret" in path.name], check, name_of)


MINIMAL = (HERE.parent.parent / "examples" / "minimal.wings.yaml").read_bytes()
DATA = {
    "binary": (b"wingsctl: v1\n\x93NUMPY\x01\x00", "2:1: is not UTF-8 text"),
    "utf-16": (MINIMAL.decode().encode("utf-16"), "1:1: is not UTF-8 text"),
    "utf-16-without-mark": (
        MINIMAL.decode().encode("utf-16-le"),
        "1:1: holds the character '\\x00'",
    ),
    "huge": (MINIMAL + b"# padding\n" * 200_000, "1:1: is larger than 1024 KiB"),
    "larger": (b"#" * 5_000_000, "1:1: is larger than 4 MiB"),
    "many-digits": (
        MINIMAL + b"replicas: " + b"9" * 5000 + b"\n",
        "7:11: replicas: not a usable number: 99999",
    ),
    "infinite": (MINIMAL + b"replicas: 1e400\n", "7:11: replicas: not a usable number: 1e400\n"),
    "long-text": (
        MINIMAL + b"replicas: '" + b"x" * 90_000 + b"'\n",
        "7:1: replicas: must be a whole number, not 'xxx",
    ),
}
MADE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "1:1: no such file or directory"),
    "directory": (Path.mkdir, "1:1: is a directory"),
    "unreadable": (lambda path: path.symlink_to(path), "1:1: too many levels of symbolic links"),
    **{
        name: (partial(Path.write_bytes, data=data), message)
        for name, (data, message) in DATA.items()
    },
}


@pytest.mark.parametrize("name", MADE)
def test_files_that_are_no_profile_at_all(name, wingsctl, tmp_path, old_chart, before):
    make, expected = MADE[name]
    path = tmp_path / "a.wings.yaml"
    make(path)
    outcome = wingsctl("render", path, "--output-dir", old_chart, "--force")
    assert outcome.code == 3
    assert f"{path}:{expected}" in outcome.stderr
    unreadable = {"missing", "directory", "unreadable", "binary", "utf-16", "larger"}
    last = f"cannot read {path}" if name in unreadable else f"{path} is not valid"
    assert outcome.stderr.endswith(f"error: {last}\n")
    assert len(outcome.stderr) < 1000
    assert snapshot(old_chart) == before


def test_two_profiles_of_one_name_are_refused(wingsctl, tmp_path):
    one, other = tmp_path / "one.wings.yaml", tmp_path / "other.wings.yaml"
    one.write_bytes(MINIMAL)
    other.write_bytes(MINIMAL)
    outcome = wingsctl("render", one, other, "--output-dir", tmp_path / "out")
    assert outcome.code == 4
    assert outcome.stderr == (
        f"{other}:3:1: name: chat is also the name in {one}\n"
        "    give each profile its own: the chart is written to DIR/<name>\n"
        f"error: {other} does not work out\n  1 ok, 1 wrong\n"
    )
    assert not (tmp_path / "out").exists()


def test_one_broken_profile_keeps_all_others_unwritten(wingsctl, tmp_path, examples):
    broken = HERE / "exit-4" / "parallel-product.wings.yaml"
    good = examples / "deepseek-r1-distill-qwen-1.5b-t4.wings.yaml"
    outcome = wingsctl("render", good, broken, "--output-dir", tmp_path / "out")
    assert outcome.code == 4
    assert not (tmp_path / "out").exists()


def test_json_lists_the_problems_with_their_places(wingsctl):
    path = HERE / "exit-3" / "unknown-key-in-list.wings.yaml"
    outcome = wingsctl("validate", path, "--output", "json")
    envelope = json.loads(outcome.stdout)
    assert outcome.stderr == ""
    assert envelope["problems"] == [
        {
            "file": str(path), "line": 9, "column": 18, "path": "pod.tolerations[1].operators",
            "message": "unknown key", "hint": "did you mean operator?", "severity": "error",
        },
        {
            "file": str(path), "line": 16, "column": 7,
            "path": "autoscaling.triggers[0].authenticationref", "message": "unknown key",
            "hint": "did you mean authenticationRef?", "severity": "error",
        },
    ]  # fmt: skip
