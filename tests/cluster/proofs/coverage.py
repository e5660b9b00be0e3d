"""Whether a part covers what its run has used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.cluster.proofs.charts import uses_of_render
from tests.cluster.proofs.code import closure, imports, path_of, relative
from tests.cluster.proofs.parts import Part
from tests.cluster.proofs.pods import PACKAGE, of_real_engine, programs
from tests.cluster.proofs.runs import tests_of
from tests.cluster.proofs.watch import Uses

ELSEWHERE = ("tests/", "profiles/")
"""Tests are found by what they import and read, the catalog is judged by the charts."""


def missing(part: Part, uses: Uses, pods: list[dict[str, Any]]) -> list[str]:
    """Files that the run has used and no entry of COVERS contains, sorted."""
    return sorted(each for each in used(part, uses, pods) if not _is_covered(each, part.covers))


def used(part: Part, uses: Uses, pods: list[dict[str, Any]]) -> set[str]:
    """Of modules in pods, all that their program can load."""
    modules = set(closure(programs(pods), PACKAGE))
    modules |= (uses.modules | _imported_by_tests(part)) - uses_of_render().modules
    paths = {relative(path) for name in modules if (path := path_of(name))}
    files = {each for each in uses.files if not each.startswith(ELSEWHERE)}
    return paths | files | of_real_engine(pods)


def _imported_by_tests(part: Part) -> set[str]:
    """By its own file and its support: not by the fixtures that all tests have."""
    files = [path for name, path in tests_of(part).items() if name.startswith("tests.cluster")]
    return {each for path in files for each in imports(path) if each.split(".")[0] == "wingsctl"}


def _is_covered(path: str, covers: Iterable[str]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in covers)
