"""What the shipped engines say about number formats: with evidence, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from tests.shipped.catalog_files import ENGINES
from tests.support.plans import shipped, shipped_engine
from tests.support.rows import check_rows
from wingsctl.catalog.engine_formats import NumberFormat
from wingsctl.catalog.versions import applies

ROWS = [(name, row) for name in ENGINES for row in shipped_engine(name).formats]
FAMILIES = {entry.profile.family for entry in shipped().entries("accelerators")}


def title(row: tuple[str, NumberFormat]) -> str:
    return f"{row[0]} {row[1].use} {row[1].names[0]} {row[1].vendor} {row[1].since or ''}"


def test_rows_have_evidence_and_say_what_happens() -> None:
    def check(pair: tuple[str, NumberFormat]) -> Iterator[str]:
        engine, row = pair
        if not row.source:
            yield "has no source"
        if bool(row.instead) != bool(row.native_compute_capability or row.native_families):
            yield "says what happens on other cards, or which those are, but not both"
        if unknown := set(row.native_families) - FAMILIES:
            yield f"is native to families that are not there: {sorted(unknown)}"
        if row.vendor != "nvidia" and (row.min_compute_capability or row.native_compute_capability):
            yield "has a compute capability, which only NVIDIA's cards have"
        if not any(applies(row, version) for version in shipped_engine(engine).versions):
            yield "is for no version"

    assert len(ROWS) > 40
    check_rows(ROWS, check, title)


def test_one_row_speaks_for_a_format_in_a_version() -> None:
    def check(name: str) -> Iterator[str]:
        engine = shipped_engine(name)
        for one, other in combinations(engine.formats, 2):
            same = (one.use, one.vendor) == (other.use, other.vendor)
            both = [v for v in engine.versions if applies(one, v) and applies(other, v)]
            if same and both and (twice := set(one.names) & set(other.names)):
                yield f"{sorted(twice)} of {one.vendor} stand twice for {both}"

    check_rows(ENGINES, check)
