"""The report of rows that break a rule: all of them, each with its name and its reasons."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.rows import check_rows


def too_large(row: int) -> Iterator[str]:
    if row > 2:
        yield "is above 2"
    if 100 // row < 2:
        yield "is above 50"


def test_every_row_and_every_reason_is_named():
    with pytest.raises(pytest.fail.Exception) as failure:
        check_rows([1, 3, 2, 60], too_large, lambda row: f"row {row}")
    assert str(failure.value).splitlines() == [
        "2 of 4 rows:",
        "row 3: is above 2",
        "row 60: is above 2",
        "row 60: is above 50",
    ]


def test_rows_that_are_right_pass():
    check_rows([1, 2], too_large)


def test_a_table_without_rows_fails():
    with pytest.raises(AssertionError, match="no rows"):
        check_rows([], too_large)


def test_a_check_that_fails_itself_names_its_row():
    with pytest.raises(ZeroDivisionError) as caught:
        check_rows([1, 0], too_large)
    assert caught.value.__notes__ == ["in the row 0"]
