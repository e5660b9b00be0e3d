"""proofs.lock is read back as it was written, and loses nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.cluster.proofs.figures import RECORD, Figure, Figures, noted_figures
from tests.cluster.proofs.lock import Entry, add_entry, lock_text, read_lock

FIGURES = {"healed faults": Figure(100), 'the "longest" answer': Figure(4.25, "s")}
ENTRY = Entry("make proof PART=cuts", 210, "a" * 64, "b" * 64, 7, FIGURES)


def test_an_entry_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "proofs.lock"
    add_entry("cuts", ENTRY, path)
    assert read_lock(path) == {"cuts": ENTRY}


def test_the_lock_can_be_read_by_people():
    assert lock_text({"cuts": ENTRY}).splitlines()[1:] == [
        "",
        "[cuts]",
        'command = "make proof PART=cuts"',
        "seed = 7",
        "seconds = 210",
        f'runs = "{"a" * 64}"',
        f'log = "{"b" * 64}"',
        "",
        "[cuts.figures]",
        '"healed faults" = 100',
        '"the \\"longest\\" answer" = {number = 4.25, unit = "s"}',
    ]


def test_blocks_are_sorted_and_the_last_of_a_part_counts(tmp_path):
    path = tmp_path / "proofs.lock"
    for name, seconds in (("b", 1), ("a", 2), ("b", 3)):
        add_entry(name, Entry("make", seconds, "", ""), path)
    assert [(name, entry.seconds) for name, entry in read_lock(path).items()] == [
        ("a", 2),
        ("b", 3),
    ]
    assert path.read_text().index("[a]") < path.read_text().index("[b]")


def test_parts_that_end_at_once_lose_nothing(tmp_path):
    path = tmp_path / "proofs.lock"
    names = [f"part_{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: add_entry(name, ENTRY, path), names))
    assert sorted(read_lock(path)) == sorted(names)
    assert [each.name for each in tmp_path.iterdir()] == ["proofs.lock"]


def test_no_lock_is_an_empty_one(tmp_path):
    assert read_lock(tmp_path / "proofs.lock") == {}


def test_figures_of_a_run_are_noted_and_printed(tmp_path, monkeypatch, capsys):
    with monkeypatch.context() as during:
        during.setenv(RECORD, str(tmp_path))
        figures = Figures()
        figures("longest answer", 3, "s")
        figures("requests", 1000)
        figures("longest answer", 4.25, "s")
    assert capsys.readouterr().out.splitlines()[1:] == ["requests: 1,000", "longest answer: 4.25 s"]
    found = {"longest answer": Figure(4.25, "s"), "requests": Figure(1000)}
    assert noted_figures(tmp_path) == found


def test_figures_are_only_printed_where_nothing_is_recorded(tmp_path, capsys):
    Figures()("requests", 8)
    assert capsys.readouterr().out == "requests: 8\n"
    assert noted_figures(tmp_path) == {}
