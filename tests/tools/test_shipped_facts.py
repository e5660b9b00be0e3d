"""The facts that are committed are whole, and written as the tool writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.rows import check_rows
from tests.tools.conftest import MODELS

FILES = sorted((MODELS / "facts").glob("*.json"))
PLAIN = {"tensor", "weights", "buffers", "parts", "cache"}
CLASSES = {"engine", "cpu", "remote code", "unsupported"}


def test_the_facts_are_whole():
    assert FILES
    check_rows(FILES, wrong, lambda path: path.stem)


def wrong(path: Path) -> Iterator[str]:
    from engine_facts import as_text

    text = path.read_text(encoding="utf-8")
    facts = json.loads(text)
    if text != as_text(facts):
        yield "is not written as the tool writes it"
    if not re.fullmatch(r"[\w.-]+--[\w.-]+", path.stem):
        yield "is not named after a repository"
    if not re.fullmatch(r"[0-9a-f]{64}", facts["config"]):
        yield "names no config"
    yield from wrong_ranks(facts["ranks"])


def wrong_ranks(ranks: list[dict[str, Any]]) -> Iterator[str]:
    answered = [rank for rank in ranks if "refused" not in rank]
    sizes = [rank["weights"] for rank in answered if not {*rank} - PLAIN]
    if sizes != sorted(sizes, reverse=True):
        yield "says that more ranks hold more each"
    for rank in answered:
        if rank["weights"] != sum(size for size, _ in rank["parts"].values()):
            yield f"has parts that are not all at {rank['tensor']} ranks"
    for rank in ranks:
        if "refused" in rank and not (rank["refused"] in CLASSES and rank["why"]):
            yield f"has a refusal of class {rank['refused']}: {rank['why']}"
