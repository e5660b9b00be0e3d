"""Tokens of the largest image are those that vLLM itself plans for, where it says so."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.models.evidence import HERE, read_config
from tests.support.rows import check_rows
from wingsctl.models.read import read_model
from wingsctl.plan.image_memory import images_of
from wingsctl.plan.memory_request import SMALL_CARD

Row = tuple[str, dict[str, int]]
TOKENS: dict[str, dict[str, int]] = json.loads(
    (HERE / "data" / "image_tokens.json").read_text("utf-8")
)


def test_the_largest_image_or_video_is_the_engines() -> None:
    def check(row: Row) -> Iterator[str]:
        ours, largest = images_of(read_model(read_config(row[0]))).tokens, max(row[1].values())
        # Of a family without a size of its own, images fill a batch.
        if ours != largest and not (ours == 0 and largest <= SMALL_CARD.batched_tokens):
            yield f"{ours} tokens, and vLLM plans for {largest}"

    assert len(TOKENS) >= 7
    check_rows(list(TOKENS.items()), check, lambda row: row[0])
