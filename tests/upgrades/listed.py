"""What may change all the same: the entries of restarts.yaml and refusals.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from tests.support.old_charts import OLD_CASES

HERE = Path(__file__).parent
RESTARTS, REFUSALS = HERE / "restarts.yaml", HERE / "refusals.yaml"
Entry = dict[str, Any]


class Change(NamedTuple):
    """One difference between the pods of then and of today."""

    case: str
    path: str


def read_entries(path: Path) -> list[Entry]:
    """The entries of a list."""
    return list(YAML(typ="safe").load(path))


def listed_restarts() -> set[Change]:
    """All that restarts.yaml names, whether it occurs or not."""
    return {
        Change(case, path)
        for entry in read_entries(RESTARTS)
        for case in entry.get("charts", OLD_CASES)
        for path in entry["at"]
    }
