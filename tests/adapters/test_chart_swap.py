"""A chart on disk is whole at every moment, also after a kill and beside another writer."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.chart_dirs import ONE, OTHER, without_marker
from tests.support.trees import texts
from wingsctl.adapters.chart_dir import Aside, write_chart
from wingsctl.adapters.chart_swap import exchange
from wingsctl.errors import ChartError

FILE_OPERATIONS = {
    "open", "os.chmod", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
    "os.scandir", "os.utime", "shutil.rmtree", "tempfile.mkdtemp", "ctypes.dlsym",
}  # fmt: skip
"""Audit events of a writer, each raised just before it acts; renameat2 has none but its look-up."""


class TestKilledAtAnyMoment:
    def test_the_old_or_the_new_chart_is_whole(self, tmp_path):
        trees = [
            {f"templates/{name}/{i}.yaml": f"{name} {i}\n" * 50 for i in range(5)}
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

    def test_a_file_of_a_persons_is_somewhere_and_then_aside(self, tmp_path):
        moment, is_killed = 0, True
        while is_killed:
            target = tmp_path / str(moment) / "chat"
            write_chart(target, {"Chart.yaml": "name: one\n"})
            (target / "mine").write_text("work")
            is_killed = self.kill_a_writer(target, OTHER, moment, force=True)
            write_chart(target, {**OTHER, "more": ""}, force=True)
            assert without_marker(target) == {**OTHER, "more": ""}
            kept = target.with_name("chat.old")
            assert sorted(target.parent.iterdir()) == [target, kept]
            assert (kept / "mine").read_text() == "work"
            moment += 1
        assert moment > 25, "hardly a kill has hit a writer at work"

    def kill_a_writer(
        self, target: Path, tree: dict[str, str], moment: int, *, force: bool = False
    ) -> bool:
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
                write_chart(target, tree, force=force)
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        assert status in {0, signal.SIGKILL}
        return status == signal.SIGKILL


def at_the_exchange(act: Callable[[], object]) -> None:
    """Let `act` run in this process once a new chart is complete and about to be exchanged."""
    waiting = [act]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if waiting and event == "os.rename" and str(arguments[1]).endswith(".out"):
            waiting.pop()()

    sys.addaudithook(watch)


def test_a_file_that_comes_in_the_last_moment_is_kept(chart):
    at_the_exchange(lambda: (chart / "late").write_text("work"))
    written = write_chart(chart, OTHER)
    assert written.asides == (Aside(chart.with_name("chat.old"), ["late"]),)
    assert (chart.parent / "chat.old" / "late").read_text() == "work"
    assert without_marker(chart) == OTHER
    assert len(list(chart.parent.iterdir())) == 2


def test_a_file_that_takes_the_place_in_the_last_moment_is_kept(chart):
    def replace() -> None:
        shutil.rmtree(chart)
        chart.write_text("work")

    at_the_exchange(replace)
    written = write_chart(chart, OTHER)
    assert written.asides == (Aside(chart.with_name("chat.old"), ["chat"]),)
    assert (chart.parent / "chat.old").read_text() == "work"
    assert without_marker(chart) == OTHER


def test_two_writers_of_a_new_chart_at_once(tmp_path):
    """The second comes while the first is about to give its directory the name."""
    target, waiting = tmp_path / "chat", [1]

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if waiting and event == "os.rename" and str(arguments[1]) == str(target):
            waiting.pop()
            write_chart(target, ONE)

    sys.addaudithook(watch)
    assert write_chart(target, OTHER).changed
    assert without_marker(target) == OTHER
    assert list(tmp_path.iterdir()) == [target]


class TestWithoutTheExchangeCall:
    def test_two_renames_do_the_same(self, tmp_path):
        fresh, target = tmp_path / "fresh", tmp_path / "chat"
        for path, text in ((fresh, "new"), (target, "old")):
            path.mkdir()
            (path / "file").write_text(text)
        exchange(fresh, target, swap=lambda one, other: False)
        assert texts(tmp_path) == {"chat/file": "new", "fresh/file": "old"}

    def test_the_old_one_comes_back_where_the_second_rename_fails(self, tmp_path):
        target = tmp_path / "chat"
        target.mkdir()
        (target / "file").write_text("old")
        with pytest.raises(FileNotFoundError):
            exchange(tmp_path / "none", target, swap=lambda one, other: False)
        assert texts(tmp_path) == {"chat/file": "old"}


def test_only_what_a_dead_process_of_wingsctl_left_is_swept(chart):
    ended = subprocess.Popen(["true"])
    ended.wait()
    busy = chart.parent / f".chat.wingsctl-{os.getpid()}.busy"
    theirs = chart.parent / ".chat.2024.backup"
    gone = chart.parent / f".chat.wingsctl-{ended.pid}.gone"
    for path in (busy, theirs, gone):
        path.mkdir()
        (path / "file").write_text("x")
    write_chart(chart, OTHER)
    assert sorted(chart.parent.iterdir()) == sorted([theirs, busy, chart])


def test_charts_whose_names_begin_alike_do_not_sweep_each_other(tmp_path):
    other = tmp_path / ".chat.two"
    write_chart(tmp_path / "chat", ONE)
    write_chart(other, OTHER)
    write_chart(tmp_path / "chat", OTHER)
    assert without_marker(other) == OTHER


@pytest.mark.parametrize("is_there", [False, True])
def test_a_chart_left_under_its_backups_name_comes_back(is_there, tmp_path):
    """What a kill between the renames leaves, where directories cannot be exchanged."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    backup = tmp_path / f".chat.wingsctl-{ended.pid}.x.out.old.out"
    write_chart(backup, ONE)
    (backup / "mine").write_text("work")
    if is_there:
        (tmp_path / "chat").mkdir()
        assert write_chart(tmp_path / "chat", OTHER).asides[0].files == ["mine"]
        assert (tmp_path / "chat.old" / "mine").read_text() == "work"
    else:
        with pytest.raises(ChartError, match=r"did not write: mine$"):
            write_chart(tmp_path / "chat", OTHER)
        assert (tmp_path / "chat" / "mine").read_text() == "work"
