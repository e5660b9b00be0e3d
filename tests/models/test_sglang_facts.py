"""What SGLang's own classes allocate, beside what is computed: the same, or listed with the reason.

tools/models/facts_sglang/ is made as facts/ is. Three things are known to differ for all models:
the first of two stages may hold both vocabularies, attention with data parallelism divides them
over all ranks, and classes without stages are built whole on each. They are not compared here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.models.evidence import FILES, read_list
from tests.models.test_engine_facts import MXFP4_COLUMNS, is_off, model_of
from tests.support.rows import check_rows
from wingsctl.models.weights import ROTARY_BYTES, Division, rank_bytes

Row = tuple[str, int]


@cache
def facts() -> dict[str, dict[str, Any]]:
    """By repository."""
    paths = sorted((FILES / "facts_sglang").glob("*.json"))
    return {path.stem.replace("--", "/", 1): json.loads(path.read_text("utf-8")) for path in paths}


def rows() -> list[Row]:
    """Tensor and expert parallel layouts that SGLang takes, of models that are understood."""
    return [
        (repository, number)
        for repository, found in facts().items()
        if repository not in read_list("not_understood.yaml")
        for number, rank in enumerate(found["ranks"])
        if not {"refused", "data", "pipeline", "cache_dtype"} & rank.keys()
    ]


def computed(row: Row) -> float:
    """Bytes on one rank, without the tables of rotary positions, which are buffers."""
    rank, (model, formats) = facts()[row[0]]["ranks"][row[1]], model_of(row[0])
    spread = rank["tensor"] if rank.get("expert_parallel") else 1
    value_bytes = 4 if facts()[row[0]]["dtype"] == "float32" else 2
    division = Division(rank["tensor"], spread, value_bytes, MXFP4_COLUMNS)
    held = rank_bytes(model, formats, division, range(len(model.layers)))
    return held - ROTARY_BYTES * model.rotary


def allocated(row: Row) -> int:
    weights: int = facts()[row[0]]["ranks"][row[1]]["weights"]
    return weights


def name_of(row: Row) -> str:
    rank = facts()[row[0]]["ranks"][row[1]]
    return f"{row[0]} tensor {rank['tensor']}{' experts' * bool(rank.get('expert_parallel'))}"


def test_weights_of_a_rank_are_within_one_percent_or_listed() -> None:
    def check(row: Row) -> Iterator[str]:
        found, theirs = computed(row), allocated(row)
        if is_off(found, theirs) and row[0] not in read_list("sglang_differences.yaml"):
            yield f"{found / 2**30:.3f} GiB, and SGLang allocates {theirs / 2**30:.3f}"

    check_rows(rows(), check, name_of)


def test_models_that_are_listed_as_different_are() -> None:
    off = {row[0] for row in rows() if is_off(computed(row), allocated(row))}
    assert off == set(read_list("sglang_differences.yaml"))


def test_token_embeddings_that_are_listed_as_whole_are() -> None:
    """Gemma's: on eight ranks of Gemma 3 27B they are 2.3 GiB more each than vLLM keeps."""
    listed = read_list("sglang_differences.yaml")
    wholes = [name for name in listed if "token embeddings" in listed[name]]

    def check(repository: str) -> Iterator[str]:
        ranks = [facts()[name]["ranks"][number] for name, number in rows() if name == repository]
        sizes = {
            size
            for rank in ranks
            for part, (size, _) in rank["parts"].items()
            if part.endswith("embed_tokens.weight")
        }
        if len(sizes) != 1:
            yield f"they have {sorted(sizes)} bytes"

    check_rows(wholes, check)


OTHER_LENGTHS = {"openai/whisper-large-v3-turbo"}
"""Of which SGLang derives 2048 tokens and vLLM 448."""


def test_lengths_are_those_of_vllm_but_of_longrope() -> None:
    """SGLang takes the length that longrope stretches to, vLLM the one before."""
    of_vllm = {
        name: json.loads((FILES / "facts" / f"{name.replace('/', '--')}.json").read_text("utf-8"))
        for name in facts()
    }

    def check(repository: str) -> Iterator[str]:
        ours, theirs = facts()[repository]["max_length"], of_vllm[repository]["max_length"]
        differs = repository in read_list("longrope.yaml") or repository in OTHER_LENGTHS
        if ours and theirs and (ours == theirs) == differs:
            yield f"{ours} tokens, and vLLM derives {theirs}"

    check_rows(facts(), check)


def test_models_that_it_cannot_be_asked_about_are_listed() -> None:
    refused = {name: found["ranks"][0].get("refused") for name, found in facts().items()}
    listed = {name: why.split(",")[0] for name, why in read_list("sglang_refusals.yaml").items()}
    assert {name: hands for name, hands in refused.items() if hands} == listed
