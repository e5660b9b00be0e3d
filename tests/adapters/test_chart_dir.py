"""A chart replaces what wingsctl wrote, and no work of a person is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chart_dirs import ONE, OTHER, without_marker
from tests.support.trees import snapshot
from wingsctl.adapters.chart_diff import diff_chart
from wingsctl.adapters.chart_dir import Aside, Written, write_chart
from wingsctl.adapters.chart_files import MARKER
from wingsctl.errors import ChartError


def test_an_equal_chart_is_not_touched(chart):
    before = snapshot(chart.parent)
    assert not write_chart(chart, ONE).changed
    assert snapshot(chart.parent) == before


def test_another_chart_replaces_it_whole(chart):
    assert write_chart(chart, OTHER).changed
    assert without_marker(chart) == OTHER
    assert list(chart.parent.iterdir()) == [chart]


def test_times_and_modes_are_fixed(chart):
    files = [path for path in chart.rglob("*") if path.is_file()]
    assert {path.stat().st_mtime for path in files} == {0}
    assert oct(chart.stat().st_mode & 0o777) == "0o755"


@pytest.mark.parametrize(
    ("name", "text"),
    [("notes.md", "mine"), ("templates/mine.yaml", "mine"), ("binary", "\x00"), ("empty", "")],
)
def test_a_file_of_a_persons_is_refused_and_named(name, text, chart):
    (chart / name).write_text(text)
    before = snapshot(chart.parent)
    with pytest.raises(ChartError) as caught:
        write_chart(chart, OTHER)
    assert caught.value.message == f"{chart} holds files that wingsctl did not write: {name}"
    assert caught.value.hint.endswith(f"; --force moves all that is there to {chart}.old")
    assert snapshot(chart.parent) == before
    written = write_chart(chart, OTHER, force=True)
    assert written.asides == (Aside(chart.with_name("chat.old"), [name]),)
    assert (chart.parent / "chat.old" / name).read_text() == text
    assert without_marker(chart) == OTHER


def test_edited_files_are_refused_and_named_apart(chart):
    (chart / "Chart.yaml").write_text("name: edited\n")
    (chart / "templates" / "a.yaml").write_bytes(b"\xff")
    (chart / "new").write_text("")
    with pytest.raises(ChartError) as caught:
        write_chart(chart, OTHER)
    assert caught.value.message == (
        f"{chart} holds files that wingsctl did not write: new; "
        "files that were changed since wingsctl wrote them: Chart.yaml, templates/a.yaml"
    )


def test_a_long_list_is_cut(chart):
    for number in range(8):
        (chart / f"mine-{number}").write_text("x")
    with pytest.raises(ChartError, match=r"mine-0, .*mine-4 and 3 more$"):
        write_chart(chart, OTHER)


def test_a_deleted_file_is_only_written_again(chart):
    (chart / "Chart.yaml").unlink()
    assert write_chart(chart, ONE).changed
    assert without_marker(chart) == ONE


def test_a_file_that_already_is_as_it_would_be_written_is_no_loss(chart):
    (chart / "Chart.yaml").write_text(OTHER["Chart.yaml"])
    (chart / "values.yaml").write_bytes(OTHER["values.yaml"].replace("\n", "\r\n").encode())
    assert write_chart(chart, OTHER) == Written(True)


def test_a_chart_without_a_marker_that_holds_what_is_rendered(chart):
    (chart / MARKER).unlink()
    assert write_chart(chart, ONE) == Written(True)
    assert without_marker(chart) == ONE


def test_a_chart_of_an_older_wingsctl(chart):
    """Its marker also held the digests of the inputs."""
    marker = json.loads((chart / MARKER).read_text())
    old = {"wingsctl": "chart", "inputs": {"program": "0", "profile": None}, **marker}
    (chart / MARKER).write_text(json.dumps(old, indent=1) + "\n")
    assert diff_chart(chart, ONE) == ""
    assert write_chart(chart, OTHER) == Written(True)
    assert without_marker(chart) == OTHER


@pytest.mark.parametrize("made", ["chart", "directory", "file", "repository"])
def test_what_wingsctl_did_not_make_is_refused(made, tmp_path):
    target = tmp_path / "chat"
    if made == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / ("values.yaml" if made == "directory" else "Chart.yaml")).write_text("mine")
    if made == "repository":
        (target / ".git").write_text("gitdir: ../elsewhere\n")
    before = snapshot(tmp_path)
    for force in (False, True) if made != "chart" else (False,):
        with pytest.raises(ChartError, match=f"^{target} (exists|is not a dir|is a Git)") as caught:
            write_chart(target, ONE, force=force)
        assert "--output-dir" in caught.value.hint
        assert ("--force" in caught.value.hint) == (made == "chart")
    assert snapshot(tmp_path) == before


def test_force_moves_a_chart_of_another_maker_to_the_next_free_name(tmp_path):
    target = tmp_path / "chat"
    (tmp_path / "chat.old").write_text("older")
    (tmp_path / "chat.old.1").symlink_to("nowhere")
    for number in (2, 3):
        target.mkdir(exist_ok=True)
        (target / "Chart.yaml").write_text(f"mine {number}")
        written = write_chart(target, ONE, force=True)
        assert written.asides == (Aside(tmp_path / f"chat.old.{number}", ["Chart.yaml"]),)
        assert (tmp_path / f"chat.old.{number}" / "Chart.yaml").read_text() == f"mine {number}"
        assert without_marker(target) == ONE
    assert (tmp_path / "chat.old").read_text() == "older"


def test_an_empty_directory_is_taken(tmp_path):
    (tmp_path / "chat").mkdir()
    assert write_chart(tmp_path / "chat", ONE) == Written(True)
    assert without_marker(tmp_path / "chat") == ONE


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"files": 3}', '{"files": ["a"]}', "[" * 100_000]
)
def test_a_marker_that_is_none(text, chart):
    (chart / MARKER).write_text(text)
    with pytest.raises(ChartError, match=r"or \.wingsctl\.json cannot be read$"):
        write_chart(chart, OTHER)
    assert write_chart(chart, OTHER, force=True).asides[0].files == sorted([MARKER, *ONE])


def test_a_link_stays_and_its_target_is_written(tmp_path):
    real, link = tmp_path / "real" / "chart", tmp_path / "charts" / "chat"
    link.parent.mkdir()
    link.symlink_to(real)
    for tree in (ONE, OTHER):
        assert write_chart(link, tree).changed
        assert link.is_symlink()
        assert without_marker(real) == tree
    (real / "mine").write_text("work")
    assert write_chart(link, ONE, force=True).asides == (
        Aside(tmp_path / "real/chart.old", ["mine"]),
    )
    assert list(link.parent.iterdir()) == [link]
    assert sorted(real.parent.iterdir()) == [real, tmp_path / "real/chart.old"]


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ChartError, match=r"cannot write .*/file/charts/chat: Not a directory"):
        write_chart(tmp_path / "file" / "charts" / "chat", ONE)


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Root may write everywhere, so it becomes another user for the test."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


@pytest.fixture
def open_chart(chart: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A chart that every user may change, by a short path: the folders of pytest are closed."""
    monkeypatch.chdir(chart.parent)
    for path in (chart.parent, chart, *chart.rglob("*")):
        path.chmod(0o777)
    yield Path(chart.name)
    chart.parent.chmod(0o755)


@pytest.fixture
def read_only_parent(open_chart: Path) -> Path:
    open_chart.absolute().parent.chmod(0o555)
    return open_chart


def test_a_read_only_parent(read_only_parent, unprivileged):
    with pytest.raises(ChartError, match=r"cannot write .*: Permission denied"):
        write_chart(read_only_parent, OTHER)
    assert without_marker(read_only_parent) == ONE


@pytest.fixture(params=[".", "templates"])
def read_only_folder(request: pytest.FixtureRequest, open_chart: Path) -> Path:
    """A directory of the chart that may not be changed, in a parent that may."""
    folder = open_chart / request.param
    folder.chmod(0o555)
    return folder


def test_a_read_only_directory_of_a_chart(read_only_folder, open_chart, unprivileged):
    with pytest.raises(ChartError, match=f"^{read_only_folder} is read-only$"):
        write_chart(open_chart, OTHER)
    assert without_marker(open_chart) == ONE


@pytest.fixture
def locked(open_chart: Path) -> Path:
    """A chart with a file that another user cannot read."""
    (open_chart / "Chart.yaml").chmod(0)
    return open_chart


def test_a_file_that_cannot_be_read_is_named(locked, unprivileged):
    with pytest.raises(ChartError, match=r"were changed since .*: Chart\.yaml$"):
        write_chart(locked, OTHER)
    assert "-(file that cannot be read)\n" in diff_chart(locked, ONE)
