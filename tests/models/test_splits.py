"""wingsctl refuses the layouts that vLLM refuses, and no others.

Of one, two, four and eight ranks and of two stages tools/models/facts/ has what vLLM says,
of further sizes data/tensor_sizes.json, made by tools/models/tensor_sizes.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.models.evidence import HERE, read_list
from tests.models.test_engine_facts import facts, model_of
from tests.support.plans import shipped_engine
from tests.support.rows import check_rows
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.splits import Splits

Asked = tuple[str, str, Parallel, str | None]
"""Repository, layout in words, sizes, and what vLLM says against them."""


@cache
def tensor_sizes() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((HERE / "data" / "tensor_sizes.json").read_text("utf-8"))
    return content


def asked() -> list[Asked]:
    """All layouts of the models that vLLM can build on one rank."""
    return [*_of_facts(), *_of_sizes()]


def _of_facts() -> Iterator[Asked]:
    for repository, found in facts().items():
        ranks = [each for each in found["ranks"] if "cache_dtype" not in each]
        refused: dict[str, tuple[Parallel, str | None]] = {}
        for rank in ranks if "refused" not in ranks[0] else ():
            name, size = _layout(rank)
            before = refused.get(name, (size, None))[1]
            refused[name] = size, before or rank.get("why")
        yield from ((repository, name, *each) for name, each in refused.items())


def _layout(rank: dict[str, Any]) -> tuple[str, Parallel]:
    tensor, stages, data = rank["tensor"], rank.get("pipeline", 1), rank.get("data", 1)
    expert = tensor * data if rank.get("expert_parallel") else 1
    name = f"{tensor}x{stages}x{data}" + (" experts" if expert > 1 else "")
    return name, Parallel(tensor, stages, data, expert, tensor * stages * data)


def _of_sizes() -> Iterator[Asked]:
    for repository, refused in tensor_sizes()["refused"].items():
        splits = splits_of(repository)
        for name in tensor_sizes()["asked"]:
            tensor = int(name.split()[0])
            expert = tensor if name.endswith("experts") else 1
            if expert == 1 or splits.has_experts:
                yield repository, name, Parallel(tensor, 1, 1, expert, tensor), _why(name, refused)


def _why(name: str, refused: list[str]) -> str | None:
    return "what tensor_sizes.py prints" if name in refused else None


@cache
def splits_of(repository: str) -> Splits:
    return Splits(shipped_engine("vllm"), "0.32.0", "nvidia", *model_of(repository))


def complaints(row: Asked) -> Iterator[str]:
    repository, _, size, why = row
    obstacles = splits_of(repository).obstacles(size)
    if bool(obstacles) != bool(why) and repository not in read_list("split_differences.yaml"):
        yield f"vLLM says {why}, wingsctl {obstacles}"


def test_what_vllm_refuses_is_refused_and_nothing_else() -> None:
    rows = asked()
    assert sum(why is not None for *_, why in rows) > 400
    check_rows(rows, complaints, lambda row: f"{row[0]} {row[1]}")


def test_each_listed_difference_is_one() -> None:
    differing = {
        repository
        for repository, _, size, why in asked()
        if bool(splits_of(repository).obstacles(size)) != bool(why)
    }
    assert differing == set(read_list("split_differences.yaml"))


def test_without_the_rules_of_blocks_some_would_be_accepted() -> None:
    engine = shipped_engine("vllm")
    bare = engine.model_copy(update={"splits": engine.splits.model_copy(update={"blocks": []})})
    accepted = [
        repository
        for repository, _, size, _ in asked()
        if splits_of(repository).obstacles(size)
        and not Splits(bare, "0.32.0", "nvidia", *model_of(repository)).obstacles(size)
    ]
    assert accepted
