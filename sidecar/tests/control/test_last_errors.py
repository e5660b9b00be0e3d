"""What the gateway's log quotes of an engine that failed."""

import pytest

from wings_infer.control.engine_output import LAST_FAILURE, LastErrors

TRACEBACK = """Loading weights: 100%
Traceback (most recent call last):
  File "server.py", line 3, in <module>
OSError: [Errno 98] address already in use
resource_tracker.py:254: UserWarning: 1 leaked object
  warnings.warn(
"""


def fail(shared_dir, lines, launch="1-a", time="2026-01-01T00:00:00Z"):
    head = f"launch: {launch}\nended: failed with code 1\ntime: {time}\n\n"
    (shared_dir / LAST_FAILURE).write_text(head + lines)


@pytest.mark.parametrize(
    ("lines", "quoted"),
    [
        (TRACEBACK, ["OSError: [Errno 98] address already in use"]),
        ("".join(f"Error {number}\n" for number in range(9)), ["Error 6", "Error 7", "Error 8"]),
        ("loading\nKilled\n\n", ["Killed"]),
        (f"Error: {'x' * 999}\n", [f"Error: {'x' * 293}"]),
        ("", []),
    ],
    ids=["noise after it", "many", "no error's name", "long", "silent"],
)
def test_errors_are_chosen_from_the_last_lines(shared_dir, lines, quoted):
    fail(shared_dir, lines)
    assert LastErrors(shared_dir).read("1-a") == quoted


def test_a_failure_is_quoted_once(shared_dir):
    errors = LastErrors(shared_dir)
    assert errors.read("1-a") == [], "nothing has failed yet"
    fail(shared_dir, "Error: one\n")
    assert errors.read("2-b") == [], "another launch's"
    assert [errors.read("1-a"), errors.read("1-a")] == [["Error: one"], []]
    fail(shared_dir, "Error: two\n", launch="2-b")
    assert errors.read("2-b") == ["Error: two"]
