"""Both clusters have work until the end, and what computes for long never meets its like."""

from __future__ import annotations

from tests.cluster.schedule import Done, Job, Queue, makespan
from tests.cluster.timeline import Span, time_line


def job(name: str, seconds: float, *, heavy: bool = False) -> Job:
    return Job(name, seconds, lambda _: Done(True, ""), heavy)


def taken(queue: Queue, *clusters: int) -> list[str]:
    return [found.name if (found := queue.take(each)) else "" for each in clusters]


def test_long_files_begin_early():
    assert taken(Queue([job("a", 1), job("b", 9), job("c", 5)]), 1, 0, 1, 0) == ["b", "c", "a", ""]


def test_heavy_files_are_for_the_first_cluster_and_come_first():
    jobs = [job("a", 9), job("h", 1, heavy=True), job("i", 2, heavy=True)]
    assert taken(Queue(jobs), 1, 1, 0, 0, 0) == ["a", "", "i", "h", ""]
    assert taken(Queue(jobs), 0, 0, 0) == ["i", "h", "a"]


def test_the_end_of_a_run_is_foreseen():
    assert makespan([]) == 0
    assert makespan([job("a", 5), job("b", 4), job("c", 3)]) == 7
    assert makespan([job("a", 5, heavy=True), job("b", 4, heavy=True), job("c", 3)]) == 9


def test_the_time_line_shows_files_and_idle_time():
    spans = [
        Span("quick/test_b.py", "heavy", 70, 130),
        Span("deep/test_a.py", "", 20, 160, passed=False),
        Span("quick/test_c.py", "heavy", 10, 70),
    ]
    assert time_line(spans, 180).splitlines() == [
        "cluster 'heavy', without a file for 1:00 of 3:00",
        "    0:10    1:00  quick/test_c.py",
        "    1:10    1:00  quick/test_b.py",
        "cluster '', without a file for 0:40 of 3:00",
        "    0:20    2:20  deep/test_a.py  FAILED",
    ]
