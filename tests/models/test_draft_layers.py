"""Layers that predict further tokens: weights and caches are vLLM's own (facts_drafts/)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.models.evidence import FILES, read_list
from tests.models.test_engine_facts import MXFP4_COLUMNS, is_off, model_of, value_bytes
from tests.support.rows import check_rows
from wingsctl.models.cache import cache_layers
from wingsctl.models.weights import Division, draft_bytes

Row = tuple[str, dict[str, Any]]
LEAST_ROWS = 100


def rows() -> list[Row]:
    """Model and what one rank holds; the embedding and the head are those of the target."""
    return [
        (path.stem.replace("--", "/", 1), rank)
        for path in sorted((FILES / "facts_drafts").glob("*.json"))
        for rank in json.loads(path.read_text("utf-8"))["ranks"]
        if "refused" not in rank
    ]


def name_of(row: Row) -> str:
    experts = " experts" if row[1].get("expert_parallel") else ""
    return f"{row[0]} tensor {row[1]['tensor']}{experts}"


def test_weights_and_caches_are_the_engines() -> None:
    def check(row: Row) -> Iterator[str]:
        name, rank = row
        tensor, (model, formats) = rank["tensor"], model_of(name)
        size = value_bytes(name)
        cached = formats.cache_bytes or size
        spread = tensor if rank.get("expert_parallel") else 1
        division = Division(tensor, spread, size, MXFP4_COLUMNS)
        found, theirs = draft_bytes(model, formats, division), rank["weights"] - rank["shared"]
        mixers = [each.mixer for each in model.drafts]
        caches = [each for mixer in mixers for each in cache_layers(mixer, tensor, cached)]
        tokens = sum(each.token_bytes for each in caches)
        kept = sum(each["layers"] * each.get("bytes_per_token", 0) for each in rank["cache"])
        if is_off(found, theirs):
            yield f"{found / 2**30:.3f} GiB, and vLLM allocates {theirs / 2**30:.3f}"
        if tokens != kept:
            yield f"{tokens} bytes per token, and vLLM keeps {kept}"

    different = read_list("layout_differences.yaml")
    asked = [row for row in rows() if row[0] not in different]
    check_rows(asked, check, name_of)
    assert len(asked) >= LEAST_ROWS
