"""Golden trees: plain files, compared as a whole."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest


def read_tree(directory: Path) -> dict[str, str]:
    """Every file below a directory, by its relative path."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes().decode()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def check_tree(directory: Path, tree: Mapping[str, str], *, update: bool) -> None:
    """Fail with a unified diff where the golden tree is not `tree`; `update` rewrites it."""
    if update:
        shutil.rmtree(directory, ignore_errors=True)
        for name, text in tree.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return
    golden = read_tree(directory)
    lines: list[str] = []
    for name in sorted({*golden, *tree}):
        before, after = golden.get(name), tree.get(name)
        if before != after:
            lines += difflib.unified_diff(
                (before or "").splitlines(),
                (after or "").splitlines(),
                f"golden/{directory.name}/{name}" if before is not None else "/dev/null",
                f"rendered/{name}" if after is not None else "/dev/null",
                lineterm="",
            )
            lines.append("")
    if lines:
        lines.append("Right? Then: make golden (pytest tests/golden --update-golden)")
        pytest.fail("\n".join(lines), pytrace=False)
