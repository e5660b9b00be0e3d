"""Buffers for LoRA adapters are as large as those that vLLM's own manager makes (facts_lora/)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.models.evidence import FILES
from tests.models.test_engine_facts import model_of
from tests.support.rows import check_rows
from wingsctl.models.adapters import Adapters, adapter_bytes
from wingsctl.models.weights import Division

Row = tuple[str, int, bool, int]
"""Model, ranks, whether the buffers are fully sharded, and bytes of one adapter of rank 1."""
RANK = 64
"""Divisible by every number of ranks, as fully sharded buffers round up."""
LEAST_ROWS = 100
DIFFERENT = {
    "microsoft/phi-4": "its file has merged matrices, of which vLLM keeps A once",
    "openai/gpt-oss-20b": "vLLM makes fewer buffers for its experts",
    "Qwen/Qwen3.5-9B": "vLLM makes 11 % more; not explained",
}
"""What is counted differs by up to 17, 40 and 12 %."""


def rows() -> list[Row]:
    found = []
    for path in sorted((FILES / "facts_lora").glob("*.json")):
        for rank in json.loads(path.read_text("utf-8"))["ranks"]:
            name = path.stem.replace("--", "/", 1)
            for key in ("adapter", "sharded") if "refused" not in rank else ():
                found.append((name, rank["tensor"], key == "sharded", rank[key]))
    return found


def counted(row: Row) -> float:
    model, adapters = model_of(row[0])[0], Adapters(1, RANK, is_sharded=row[2])
    return adapter_bytes(model, adapters, Division(row[1]), range(len(model.layers))) / RANK


def test_buffers_are_the_engines() -> None:
    def check(row: Row) -> Iterator[str]:
        if counted(row) != pytest.approx(row[3], rel=0.01):
            yield f"{counted(row):,.0f} bytes"

    asked = [row for row in rows() if row[0] not in DIFFERENT]
    check_rows(asked, check, str)
    assert len(asked) >= LEAST_ROWS


def test_models_that_are_listed_as_different_are() -> None:
    off = {row[0] for row in rows() if counted(row) != pytest.approx(row[3], rel=0.01)}
    assert off == set(DIFFERENT)
