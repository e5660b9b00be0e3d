"""Order of engine versions, and which row of a table applies to one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TypeVar

from wingsctl.catalog.base import VersionRange

R = TypeVar("R", bound=VersionRange)
_EARLY = {"a": -3, "alpha": -3, "b": -2, "beta": -2, "rc": -1, "dev": -4}


@cache
def version_key(version: str) -> tuple[int, ...]:
    """A sortable key: numbers first, then pre-releases < release < post releases."""
    found = re.match(r"^(\d+)\.(\d+)\.(\d+)(?:[.-]?([a-z]+)(\d+)?)?$", version)
    if found is None:
        raise ValueError(f"not a version: {version!r}")
    numbers = tuple(int(found[i]) for i in (1, 2, 3))
    stage = _EARLY.get(found[4] or "", 1 if found[4] else 0)
    return (*numbers, stage, int(found[5] or 0))


def applies(row: VersionRange, version: str) -> bool:
    """Whether `version` lies in the row's range."""
    key = version_key(version)
    after = row.since is None or key >= version_key(row.since)
    return after and (row.before is None or key < version_key(row.before))


def first_row(rows: Iterable[R], version: str) -> R | None:
    """The first row whose range holds `version`."""
    return next((row for row in rows if applies(row, version)), None)
