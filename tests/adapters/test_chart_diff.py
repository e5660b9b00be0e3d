"""What is shown of a difference, and what is never read for it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.support.chart_dirs import ONE, OTHER
from wingsctl.adapters.chart_diff import diff_chart
from wingsctl.adapters.chart_dir import write_chart
from wingsctl.errors import ChartError


class TestDiff:
    def test_of_equal_charts_is_empty(self, chart):
        assert diff_chart(chart, ONE) == ""

    def test_of_no_chart_is_one_line(self, tmp_path):
        diff = diff_chart(tmp_path / "none", {"a": "x\n"})
        assert diff == f"{tmp_path}/none: not rendered yet\n"

    def test_a_missing_last_newline_is_a_difference(self, chart):
        (chart / "Chart.yaml").write_text("name: one")
        assert "-name: one\n+name: one\n" in diff_chart(chart, ONE)

    @pytest.mark.parametrize(
        ("data", "shown"),
        [
            (b"", "-(empty file)"),
            (b"\xff\x00", "-(binary file of 2 bytes)"),
            (b"a" * 300_000, "-(file of"),
        ],
    )
    def test_a_file_that_is_not_shown_is_a_difference(self, data, shown, chart):
        (chart / "extra").write_bytes(data)
        assert shown in diff_chart(chart, ONE)

    @pytest.mark.parametrize("data", [b"", b"\xff"])
    def test_a_text_that_reads_like_the_placeholder_is_a_difference(self, data, chart):
        (chart / "a").write_bytes(data)
        for text in ("(empty file)\n", "(binary file of 1 bytes)\n"):
            assert f"{chart}/a" in diff_chart(chart, {**ONE, "a": text})

    def test_a_missing_empty_file_is_a_difference(self, chart):
        assert f"{chart}/a: differs\n" in diff_chart(chart, {**ONE, "a": ""})

    def test_nothing_in_it_steers_a_terminal(self, chart):
        (chart / "Chart.yaml").write_text("a: \x1b[31m\u202eevil\r::error::x\n")
        Path(os.fsdecode(os.fsencode(chart) + b"/\x1b\xff\n::set-output::")).write_text("x\n")
        diff = diff_chart(chart, ONE)
        assert "-a: \\x1b[31m\\u202eevil\\r::error::x\n" in diff
        assert "/\\x1b\\udcff\\n::set-output::\n" in diff
        assert all(char.isprintable() or char == "\n" for char in diff)


def special(path: Path, kind: str) -> None:
    """Something that is no regular file, and hangs or leaks where it is read."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.relpath(path))
    else:
        path.symlink_to({"link": "/etc/passwd", "dangling": "/none", "folder": "/etc"}[kind])


@pytest.mark.parametrize("name", ["extra", "Chart.yaml"])
@pytest.mark.parametrize("kind", ["pipe", "socket", "link", "dangling", "folder"])
def test_what_is_no_file_is_never_read_and_never_lost(kind, name, chart):
    (chart / name).unlink(missing_ok=True)
    special(chart / name, kind)
    with pytest.raises(ChartError, match=f"{chart} holds files that .*: {name}$"):
        write_chart(chart, OTHER)
    diff = diff_chart(chart, ONE)
    word = {"pipe": "named pipe", "socket": "socket"}.get(kind, "symbolic link")
    assert f"\n-({word}, not " in diff
    assert "root:" not in diff
    assert write_chart(chart, OTHER, force=True).asides[0].files == [name]
    assert os.path.lexists(chart.parent / "chat.old" / name)


def test_a_repository_inside_is_one_entry_and_kept(chart):
    (chart / "charts" / "dep" / ".git" / "objects").mkdir(parents=True)
    (chart / "charts" / "dep" / ".git" / "HEAD").write_text("ref")
    with pytest.raises(ChartError, match=r"did not write: charts/dep/\.git$"):
        write_chart(chart, OTHER)
    assert "-(Git repository, not read)\n" in diff_chart(chart, ONE)
    write_chart(chart, OTHER, force=True)
    assert (chart.parent / "chat.old/charts/dep/.git/HEAD").read_text() == "ref"


def test_a_file_larger_than_any_of_a_chart_is_not_read(chart):
    with (chart / "weights").open("wb") as file:
        file.truncate(1 << 40)
    assert f"-(file of {1 << 40} bytes, not read)\n" in diff_chart(chart, ONE)
    with pytest.raises(ChartError, match=r"did not write: weights$"):
        write_chart(chart, OTHER)
