"""What is computed of a model is what the engine's own classes allocate for it.

tools/models/facts/ holds what vLLM says on torch's meta device of the same config.json files, made
by tools/models/engine_facts.py: one rank of many layouts, before kernels repack anything.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.models.evidence import (
    FILES,
    config_file,
    models,
    read_list,
    repositories_with_config,
)
from tests.support.rows import check_rows
from wingsctl.catalog.entry_model import entry_formats, entry_model
from wingsctl.models.architecture import Model
from wingsctl.models.cache import cache_layers
from wingsctl.models.formats import Formats
from wingsctl.models.weights import ROTARY_BYTES, Division, rank_bytes
from wingsctl.plan.weights import stages

TOLERANCE = 0.01
SMALL = 4 * 2**20
"""Bytes; of small encoders the norms are more than 1 %."""
MXFP4_COLUMNS = 64
"""What vLLM rounds an expert's share up to before a GPU's kernel repacks it."""
Row = tuple[str, int]


@cache
def facts() -> dict[str, dict[str, Any]]:
    """By repository."""
    paths = sorted((FILES / "facts").glob("*.json"))
    return {path.stem.replace("--", "/", 1): json.loads(path.read_text("utf-8")) for path in paths}


@cache
def model_of(repository: str) -> tuple[Model, Formats]:
    profile = models()[repository]
    return entry_model(profile), entry_formats(profile) or Formats()


def rows() -> list[Row]:
    """Layouts that vLLM takes, of models that are understood."""
    return [
        (repository, number)
        for repository, found in facts().items()
        if repository not in read_list("not_understood.yaml")
        for number, rank in enumerate(found["ranks"])
        if "refused" not in rank
    ]


def name_of(row: Row) -> str:
    rank = facts()[row[0]]["ranks"][row[1]]
    shown = {key: rank[key] for key in rank if key not in ("parts", "cache", "weights", "buffers")}
    return f"{row[0]} {shown}"


def layers_of(row: Row) -> range:
    rank, model = facts()[row[0]]["ranks"][row[1]], model_of(row[0])[0]
    return stages(len(model.layers), rank.get("pipeline", 1))[rank.get("stage", 0)]


def value_bytes(repository: str) -> int:
    return 4 if facts()[repository]["dtype"] == "float32" else 2


def test_facts_are_of_the_files_that_are_kept() -> None:
    """`make model-facts` renews those of a file that has changed."""

    def check(repository: str) -> Iterator[str]:
        name = config_file(repository).name
        paths = [FILES / folder / name for folder in ("configs", "hf_quant")]
        content = b"".join(path.read_bytes() for path in paths if path.is_file())
        if hashlib.sha256(content).hexdigest() != facts()[repository]["config"]:
            yield "its facts are of another file"

    assert facts().keys() == set(repositories_with_config())
    check_rows(facts(), check)


def test_weights_of_a_rank_are_within_one_percent() -> None:
    def check(row: Row) -> Iterator[str]:
        found, theirs = weights_of(row), facts()[row[0]]["ranks"][row[1]]["weights"]
        if is_off(found, theirs) and row[0] not in read_list("layout_differences.yaml"):
            yield f"{found / 2**30:.3f} GiB, and vLLM allocates {theirs / 2**30:.3f}"

    check_rows(rows(), check, name_of)


def test_models_that_are_listed_as_different_are() -> None:
    off = {
        row[0]
        for row in rows()
        if is_off(weights_of(row), facts()[row[0]]["ranks"][row[1]]["weights"])
    }
    assert off == set(read_list("layout_differences.yaml")) & set(facts())


def is_off(found: float, theirs: int) -> bool:
    return abs(found - theirs) > max(TOLERANCE * theirs, SMALL)


def weights_of(row: Row) -> float:
    """Bytes on one rank, without the tables of rotary positions, which are buffers."""
    rank, (model, formats) = facts()[row[0]]["ranks"][row[1]], model_of(row[0])
    spread = rank["tensor"] * rank.get("data", 1) if rank.get("expert_parallel") else 1
    division = Division(rank["tensor"], spread, value_bytes(row[0]), MXFP4_COLUMNS)
    held = rank_bytes(model, formats, division, layers_of(row))
    return held - ROTARY_BYTES * model.rotary


def test_the_cache_of_each_layer_is_the_engines() -> None:
    """Bytes for each token, or of a state for each request."""

    def check(row: Row) -> Iterator[str]:
        rank, (model, formats) = facts()[row[0]]["ranks"][row[1]], model_of(row[0])
        is_narrow = rank.get("cache_dtype") == "fp8" or formats.cache_bytes == 1
        size = 1 if is_narrow else value_bytes(row[0])
        mixers = [model.layers[index].mixer for index in layers_of(row)]
        caches = [each for mixer in mixers for each in cache_layers(mixer, rank["tensor"], size)]
        ours = Counter(float(each.request_bytes or each.token_bytes) for each in caches)
        theirs: Counter[float] = Counter()
        for each in rank["cache"]:
            size_of = each.get("bytes_per_token") or each["bytes_per_request"]
            theirs[float(size_of)] += each["layers"]
        is_known = row[0] in read_list("layout_differences.yaml")
        if theirs and ours != theirs and not is_known:
            yield f"{dict(ours)}, and vLLM keeps {dict(theirs)}"

    check_rows(rows(), check, name_of)


def test_lengths_are_those_that_vllm_derives() -> None:
    """Of longrope it takes the length before stretching, and accepts the longer one if asked."""

    def check(repository: str) -> Iterator[str]:
        found, theirs = model_of(repository)[0].positions, facts()[repository]["max_length"]
        if theirs and (found == theirs) == (repository in read_list("longrope.yaml")):
            yield f"{found} tokens, and vLLM derives {theirs}"

    check_rows(facts(), check)


def test_what_is_not_understood_is_doubted() -> None:
    for repository in read_list("not_understood.yaml"):
        assert model_of(repository)[0].doubts, repository
