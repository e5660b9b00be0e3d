"""Layers that predict further tokens: their weights and caches are those that vLLM allocates."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from tests.models.evidence import HERE, read_list
from tests.models.test_engine_facts import MXFP4_COLUMNS, is_off, model_of, value_bytes
from tests.support.rows import check_rows
from wingsctl.models.cache import cache_layers
from wingsctl.models.weights import Division, draft_bytes

Row = dict[str, str]
TABLE = HERE / "data" / "draft_layers.csv"
LEAST_ROWS = 50
PARTLY = {"Qwen/Qwen3.8-2.4T-A95B-FP8"}
"""Its block leaves out parts of the draft layer by name, which are counted as its other parts."""


def rows() -> list[Row]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def name_of(row: Row) -> str:
    return f"{row['model']} tensor {row['tensor']} expert {row['expert']}"


def test_weights_and_caches_are_the_engines() -> None:
    def check(row: Row) -> Iterator[str]:
        tensor, (model, formats) = int(row["tensor"]), model_of(row["model"])
        size = value_bytes(row["model"])
        cached = formats.cache_bytes or size
        spread = tensor if row["expert"] == "1" else 1
        division = Division(tensor, spread, size, MXFP4_COLUMNS)
        found, theirs = draft_bytes(model, formats, division), int(row["weights"])
        mixers = [each.mixer for each in model.drafts]
        caches = [each for mixer in mixers for each in cache_layers(mixer, tensor, cached)]
        tokens = sum(each.token_bytes for each in caches)
        if is_off(found, theirs):
            yield f"{found / 2**30:.3f} GiB, and vLLM allocates {theirs / 2**30:.3f}"
        if tokens != float(row["cache_bytes_per_token"]):
            yield f"{tokens} bytes per token, and vLLM keeps {row['cache_bytes_per_token']}"

    different = read_list("layout_differences.yaml")
    asked = [row for row in rows() if row["model"] not in {*different, *PARTLY}]
    check_rows(asked, check, name_of)
    assert len(asked) >= LEAST_ROWS
