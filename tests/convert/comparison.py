"""Two meanings side by side: each difference must be named by a row of the report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.convert.meaning import Fact, Meaning, flag_name
from tests.convert.places import Place

ADDED = {
    "host", "port", "served-model-name", "max-model-len", "tensor-parallel-size",
    "pipeline-parallel-size", "nnodes", "node-rank", "master-addr", "master-port", "dist-init-addr",
    "shutdown-timeout", "enable-metrics", "distributed-executor-backend", "gpu-memory-utilization",
    "mem-fraction-static", "dist-timeout", "distributed-timeout-seconds",
}  # fmt: skip
"""Flags that a release has of itself: they are the plan's, which prints the source of each."""
ONE_SIDED = ("flag", "volume")
"""What must not be in a release without being in the input."""


def differences(there: Meaning, here: Meaning, rows: list[dict[str, Any]]) -> Iterator[str]:
    """What differs without a row that reports it; `there` is the input, `here` the release."""
    for (kind, name), fact in there.facts.items():
        found = here.facts.get((kind, name))
        if found is not None and _is_same(kind, fact.value, found.value):
            continue
        if not any(_is_named(place, kind, row) for place in fact.places for row in rows):
            shown = "nothing" if found is None else repr(found.value)
            yield f"{kind} {name}: {fact.value!r} there, {shown} here; {_places(fact)}"
    for (kind, name), fact in here.facts.items():
        if (
            kind in ONE_SIDED
            and (kind, name) not in there.facts
            and not _is_added(name, fact, rows)
        ):
            yield f"{kind} {name}: {fact.value!r} here, nothing there"


def _is_same(kind: str, there: Any, here: Any) -> bool:
    """Equal; of an affinity, the release may have more."""
    return _holds(here, there) if kind.endswith("pod") else bool(here == there)


def _holds(outer: Any, inner: Any) -> bool:
    if isinstance(outer, dict) and isinstance(inner, dict):
        return all(key in outer and _holds(outer[key], value) for key, value in inner.items())
    if isinstance(outer, list) and isinstance(inner, list):
        return all(any(_holds(each, item) for each in outer) for item in inner)
    return bool(outer == inner)


def _is_named(place: Place, kind: str, row: dict[str, Any]) -> bool:
    """Whether a row is about this place and reports that the release differs."""
    if row["outcome"] == "carried" or row["line"] not in place.lines:
        return False
    if not _is_within(row["path"], place.dotted):
        return False
    return not place.part or _same_part(place.part, row["part"])


def _same_part(mine: str, theirs: str) -> bool:
    return mine == "?" or flag_name(mine) == flag_name(theirs)


def _is_within(path: str, outer: str) -> bool:
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def _is_added(name: str, fact: Fact, rows: list[dict[str, Any]]) -> bool:
    """A flag of the plan's own, or one that a row names as the key of a changed field."""
    keys = {row["key"] for row in rows if row["outcome"] == "changed"}
    return name in ADDED or f"engine.args.{name}" in keys or fact.value is None


def _places(fact: Fact) -> str:
    return ", ".join(f"{each.dotted} {each.part}".strip() for each in fact.places) or "no place"
