"""Rules for every row of a table, or every file: all that break one are named at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import pytest

Row = TypeVar("Row")


def check_rows(
    rows: Iterable[Row],
    check: Callable[[Row], Iterable[object]],
    name: Callable[[Row], str] = str,
) -> None:
    """Fails with each row and what is wrong with it, a line each; without rows it fails too."""
    found = [(name(row), _complaints(row, check, name)) for row in rows]
    assert found, "there are no rows"
    broken = [(row, complaints) for row, complaints in found if complaints]
    if broken:
        lines = [f"{row}: {text}" for row, complaints in broken for text in complaints]
        head = f"{len(broken)} of {len(found)} rows:"
        pytest.fail("\n".join([head, *lines]), pytrace=False)


def _complaints(
    row: Row, check: Callable[[Row], Iterable[object]], name: Callable[[Row], str]
) -> list[object]:
    try:
        return list(check(row))
    except Exception as error:
        error.add_note(f"in the row {name(row)}")
        raise
