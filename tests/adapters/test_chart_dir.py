"""A chart on disk is whole at every moment, and nobody's work is overwritten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.trees import snapshot, texts
from wingsctl.adapters.chart_dir import MARKER, _exchange, _sweep, diff_chart, is_whole, write_chart
from wingsctl.errors import ChartError

ONE = {"Chart.yaml": "name: one\n", "templates/a.yaml": "a: 1\n", "templates/tests/t.yaml": "t\n"}
OTHER = {"Chart.yaml": "name: other\n", "values.yaml": "b: 2\n", "templates/b.yaml": "ü\n"}
FILE_OPERATIONS = {
    "open", "os.chmod", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
    "os.scandir", "os.utime", "shutil.rmtree", "tempfile.mkdtemp", "ctypes.dlsym",
}  # fmt: skip
"""Audit events of a writer, each raised just before it acts; renameat2 has none but its look-up."""


def without_marker(directory: Path) -> dict[str, str]:
    found = texts(directory)
    assert MARKER in found
    del found[MARKER]
    return found


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart that wingsctl wrote."""
    assert write_chart(tmp_path / "charts" / "chat", ONE)
    return tmp_path / "charts" / "chat"


class TestKilledAtAnyMoment:
    def test_the_old_or_the_new_chart_is_whole(self, tmp_path):
        trees = [
            {f"templates/{name}/{i}.yaml": f"{name} {i}\n" * 50 for i in range(12)}
            for name in ("one", "other")
        ]
        target = tmp_path / "charts" / "chat"
        write_chart(target, trees[0])
        moment = cut_short = 0
        while self.kill_a_writer(target, trees[without_marker(target) == trees[0]], moment):
            assert without_marker(target) in trees
            cut_short += len(list(target.parent.iterdir())) > 1
            moment += 1
        assert cut_short > 40, "hardly a kill has hit a writer at work"
        write_chart(target, OTHER)
        assert list(target.parent.iterdir()) == [target]
        assert without_marker(target) == OTHER

    def kill_a_writer(self, target: Path, tree: dict[str, str], moment: int) -> bool:
        """Kill a writer before its file operation of this number; False where it had fewer."""
        child = os.fork()
        if child == 0:
            left = moment

            def count(event: str, _: object) -> None:
                nonlocal left
                if event in FILE_OPERATIONS:
                    left -= 1
                    if left < 0:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(count)
            try:
                write_chart(target, tree)
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        assert status in {0, signal.SIGKILL}
        return status == signal.SIGKILL


class TestWithoutTheExchangeCall:
    def test_two_renames_do_the_same(self, tmp_path):
        fresh, target = tmp_path / "fresh", tmp_path / "chat"
        for path, text in ((fresh, "new"), (target, "old")):
            path.mkdir()
            (path / "file").write_text(text)
        _exchange(fresh, target, swap=lambda one, other: False)
        assert texts(tmp_path) == {"chat/file": "new"}

    def test_the_old_one_comes_back_where_the_second_rename_fails(self, tmp_path):
        target = tmp_path / "chat"
        target.mkdir()
        (target / "file").write_text("old")
        with pytest.raises(FileNotFoundError):
            _exchange(tmp_path / "none", target, swap=lambda one, other: False)
        assert texts(tmp_path) == {"chat/file": "old"}


def test_an_equal_chart_is_not_touched(chart):
    before = snapshot(chart.parent)
    assert write_chart(chart, ONE) is False
    assert snapshot(chart.parent) == before


def test_another_chart_replaces_it_whole(chart):
    assert write_chart(chart, OTHER) is True
    assert without_marker(chart) == OTHER
    assert list(chart.parent.iterdir()) == [chart]


def test_times_and_modes_are_fixed(chart):
    files = [path for path in chart.rglob("*") if path.is_file()]
    assert {path.stat().st_mtime for path in files} == {0}
    assert oct(chart.stat().st_mode & 0o777) == "0o755"


@pytest.mark.parametrize(
    ("name", "text"),
    [("notes.md", "mine"), ("templates/mine.yaml", "mine"), ("binary", "\x00")],
)
def test_a_file_of_the_users_is_refused_and_named(name, text, chart):
    (chart / name).write_text(text)
    before = snapshot(chart.parent)
    with pytest.raises(ChartError) as caught:
        write_chart(chart, OTHER)
    assert caught.value.message == f"{chart} holds files that wingsctl did not write: {name}"
    assert "--force" in caught.value.hint
    assert snapshot(chart.parent) == before
    assert write_chart(chart, OTHER, force=True)
    assert without_marker(chart) == OTHER


def test_edited_files_are_refused_and_named(chart):
    (chart / "Chart.yaml").write_text("name: edited\n")
    (chart / "templates" / "a.yaml").write_bytes(b"\xff")
    with pytest.raises(ChartError, match=r"did not write: Chart\.yaml, templates/a\.yaml$"):
        write_chart(chart, OTHER)


def test_a_long_list_is_cut(chart):
    for number in range(8):
        (chart / f"mine-{number}").write_text("x")
    with pytest.raises(ChartError, match=r"mine-0, .*mine-4 and 3 more$"):
        write_chart(chart, OTHER)


def test_a_deleted_file_is_only_written_again(chart):
    (chart / "Chart.yaml").unlink()
    assert write_chart(chart, ONE)
    assert without_marker(chart) == ONE


@pytest.mark.parametrize("made", ["directory", "file"])
def test_what_wingsctl_did_not_make_is_refused(made, tmp_path):
    target = tmp_path / "chat"
    if made == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "Chart.yaml").write_text("mine")
    before = snapshot(tmp_path)
    with pytest.raises(ChartError) as caught:
        write_chart(target, ONE)
    assert caught.value.message == f"{target} exists and was not made by wingsctl"
    assert snapshot(tmp_path) == before
    assert write_chart(target, ONE, force=True)
    assert without_marker(target) == ONE
    assert list(tmp_path.iterdir()) == [target]


def test_an_empty_directory_is_taken(tmp_path):
    (tmp_path / "chat").mkdir()
    assert write_chart(tmp_path / "chat", ONE)
    assert without_marker(tmp_path / "chat") == ONE


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": 3}', '{"files": ["a"]}'])
def test_a_marker_that_is_none(text, chart):
    (chart / MARKER).write_text(text)
    with pytest.raises(ChartError, match="is not readable"):
        write_chart(chart, OTHER)


def test_a_link_stays_and_its_target_is_written(tmp_path):
    real, link = tmp_path / "real" / "chart", tmp_path / "charts" / "chat"
    link.parent.mkdir()
    link.symlink_to(real)
    for tree in (ONE, OTHER):
        assert write_chart(link, tree)
        assert link.is_symlink()
        assert without_marker(real) == tree
    assert list(link.parent.iterdir()) == [link]
    assert list(real.parent.iterdir()) == [real]


def test_a_dangling_link_inside_is_reported(chart):
    (chart / "link").symlink_to("/no/such/file")
    with pytest.raises(ChartError, match="cannot write"):
        write_chart(chart, OTHER)
    assert not is_whole(chart, {})
    with pytest.raises(ChartError, match=r"cannot read .*/link"):
        diff_chart(chart, OTHER)


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ChartError, match=r"cannot write .*/file/charts/chat: Not a directory"):
        write_chart(tmp_path / "file" / "charts" / "chat", ONE)


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root may write everywhere, so it becomes another user for the test."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


@pytest.fixture
def read_only_parent(chart: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The chart by a short path: the folders of pytest are closed to other users."""
    monkeypatch.chdir(chart.parent)
    for path in (chart, *chart.rglob("*")):
        path.chmod(0o755)
    chart.parent.chmod(0o555)
    yield Path(chart.name)
    chart.parent.chmod(0o755)


def test_a_read_only_parent(read_only_parent, nobody):
    with pytest.raises(ChartError, match=r"cannot write .*: Permission denied"):
        write_chart(read_only_parent, OTHER)
    assert without_marker(read_only_parent) == ONE


def test_what_a_living_process_is_writing_is_kept(chart):
    busy = chart.parent / f".chat.{os.getpid()}.busy"
    gone = chart.parent / ".chat.99999999.gone"
    busy.mkdir()
    gone.mkdir()
    write_chart(chart, OTHER)
    assert sorted(chart.parent.iterdir()) == [busy, chart]


def test_charts_whose_names_begin_alike_do_not_sweep_each_other(tmp_path):
    other = tmp_path / ".chat.two"
    write_chart(tmp_path / "chat", ONE)
    write_chart(other, OTHER)
    write_chart(tmp_path / "chat", OTHER)
    assert without_marker(other) == OTHER


class TestDiff:
    def test_of_equal_charts_is_empty(self, chart):
        assert diff_chart(chart, ONE) == ""

    def test_of_no_chart_is_all_of_it(self, tmp_path):
        diff = diff_chart(tmp_path / "none", {"a": "x\n"})
        assert diff == f"--- /dev/null\n+++ {tmp_path}/none/a (rendered)\n@@ -0,0 +1 @@\n+x\n"

    def test_a_missing_last_newline_is_a_difference(self, chart):
        (chart / "Chart.yaml").write_text("name: one")
        assert "-name: one\n+name: one\n" in diff_chart(chart, ONE)


def test_a_chart_left_under_its_backups_name_comes_back(tmp_path):
    """What a kill between the two renames leaves, where directories cannot be exchanged."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    backup = tmp_path / f".chat.{ended.pid}.x.old"
    backup.mkdir()
    (backup / "file").write_text("old")
    _sweep(tmp_path / "chat")
    assert texts(tmp_path) == {"chat/file": "old"}
