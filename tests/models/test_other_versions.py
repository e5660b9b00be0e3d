"""Other versions of vLLM lay models out as the one that all facts are of.

Models that could not be asked about without that version's own kernels are left out of the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.models.evidence import FILES
from tests.support.rows import check_rows

Row = tuple[str, str]
ONLY_IN = {"vllm-0.33.0.json": {"nvidia--NVIDIA-Nemotron-3.5-Lightning-30B-A3B-NVFP4.json"}}
"""Models that the version of the facts refuses."""


def rows() -> list[Row]:
    """Version and file of each model that was asked about (tools/models/other_version.py)."""
    paths = sorted((FILES / "other_versions").glob("vllm-*.json"))
    return [(path.name, name) for path in paths for name in read(path) if name != "version"]


def read(path: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_weights_and_lengths_are_those_of_the_version_of_the_facts() -> None:
    def check(row: Row) -> Iterator[str]:
        if row[1] in ONLY_IN.get(row[0], ()):
            return
        theirs = read(FILES / "other_versions" / row[0])[row[1]]
        ours = json.loads((FILES / "facts" / row[1]).read_text(encoding="utf-8"))
        if theirs["max_length"] != ours["max_length"]:
            yield f"{theirs['max_length']} tokens, not {ours['max_length']}"
        plain = {"tensor", "weights", "buffers", "parts", "cache"}
        sizes = {rank["tensor"]: rank["weights"] for rank in ours["ranks"] if {*rank} == plain}
        for rank in theirs["ranks"]:
            if "refused" in rank and rank["tensor"] in sizes:
                yield f"one of {rank['tensor']} ranks is refused: {rank['why']}"
            elif "refused" not in rank and rank["weights"] != sizes[rank["tensor"]]:
                yield f"{rank['weights']} bytes on one of {rank['tensor']} ranks"

    check_rows(rows(), check, " ".join)
