"""The parts of deep/, by what each of them states at its top."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.proofs.code import ROOT

DEEP = ROOT / "tests" / "cluster" / "deep"
QUICK = ROOT / "tests" / "cluster" / "quick"
LIMIT_SECONDS = 360
"""No part takes longer, and one of unknown duration is taken to need so long."""


@dataclass(frozen=True)
class Part:
    """One file of deep/."""

    path: Path
    covers: tuple[str, ...] = ()
    seed: int | None = None
    heavy: bool = False

    @property
    def name(self) -> str:
        """`test_group_cuts.py` is group_cuts."""
        return self.path.stem.removeprefix("test_")

    @property
    def command(self) -> str:
        """Runs it, and renews its entry in the lock."""
        return f"make proof PART={self.name}"


def all_parts(folder: Path = DEEP) -> list[Part]:
    """Sorted by name."""
    return [read_part(path) for path in sorted(folder.glob("test_*.py"))]


def read_part(path: Path) -> Part:
    """Not imported: what it states are literals."""
    stated = statements(path)
    covers = stated.get("COVERS", ())
    assert covers, f"{path.name} does not state what it covers"
    lacking = [each for each in covers if not (ROOT / each).exists()]
    assert not lacking, f"{path.name} covers what does not exist: {lacking}"
    return Part(path, tuple(covers), stated.get("SEED"), bool(stated.get("HEAVY", False)))


def statements(path: Path) -> dict[str, Any]:
    """COVERS, SEED and HEAVY of a module."""
    found = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        name = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
        if name in ("COVERS", "SEED", "HEAVY"):
            found[name] = ast.literal_eval(node.value)
    return found
