"""The numbers that a run gives: printed, and noted where a proof is being recorded."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

RECORD = "WINGS_PROOF_RECORD"
"""The variable that names the folder in which a run notes what it used and found."""
FILE = "figures.jsonl"


@dataclass(frozen=True)
class Figure:
    """A number with its unit; a count has none."""

    number: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.number:,} {self.unit}".rstrip()


class Figures:
    """`figures("healed faults", 100)`, `figures("longest answer", 4.2, "s")`."""

    def __call__(self, name: str, number: float, unit: str = "") -> None:
        """The last one of a name counts."""
        print(f"{name}: {Figure(number, unit)}")
        folder = os.environ.get(RECORD)
        if folder:
            with (Path(folder) / FILE).open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, number, unit]) + "\n")


def noted_figures(folder: Path) -> dict[str, Figure]:
    """What a run has given, sorted by name."""
    path = folder / FILE
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    found = {name: Figure(number, unit) for name, number, unit in map(json.loads, lines)}
    return dict(sorted(found.items()))
