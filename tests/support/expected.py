"""Expected texts beside the tests; `--update-golden` rewrites them."""

from __future__ import annotations

from pathlib import Path


def check_text(path: Path, found: str, *, update: bool) -> None:
    """`found` is what `path` holds, or is written there with `update`."""
    if update:
        path.write_text(found, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.is_file() else "(no such file)\n"
    assert found == expected, f"{path} differs; if it should, run pytest with --update-golden"
