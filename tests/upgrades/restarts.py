"""The differences between the pods of 0.1.0's charts and today's that restarts.yaml names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from tests.support.old_charts import OLD_CASES

LISTED = Path(__file__).parent / "restarts.yaml"


class Change(NamedTuple):
    """One difference between the pods of then and of today."""

    case: str
    path: str


def read_list() -> list[dict[str, Any]]:
    """The entries of restarts.yaml."""
    return list(YAML(typ="safe").load(LISTED))


def listed(entry: dict[str, Any]) -> set[Change]:
    """All that an entry names, whether it occurs or not."""
    return {Change(case, path) for case in entry.get("charts", OLD_CASES) for path in entry["at"]}


def all_listed() -> set[Change]:
    """What all entries name."""
    return set().union(*map(listed, read_list()))
