"""wingsctl refuses the layouts that vLLM refuses, and no others.

Of one, two, four and eight ranks and of two stages tools/models/facts/ has what vLLM says,
of further sizes data/tensor_sizes.json, made by tools/models/tensor_sizes.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest

from tests.models.evidence import HERE, models, read_list
from tests.models.test_engine_facts import facts, model_of
from tests.support.plans import empty_draft, shipped_engine
from tests.support.rows import check_rows
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.catalog.entry_model import entry_formats, entry_model
from wingsctl.catalog.parse import parse_document
from wingsctl.catalog.profile import Profile
from wingsctl.models.formats import Formats
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.parallelism import resolve_parallel
from wingsctl.plan.splits import Splits

Asked = tuple[str, str, Parallel, str | None]
"""Repository, layout in words, sizes, and what vLLM says against them."""


@cache
def tensor_sizes(name: str = "tensor_sizes.json") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((HERE / "data" / name).read_text("utf-8"))
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


def _of_sizes(engine: str = "vllm", file: str = "tensor_sizes.json") -> Iterator[Asked]:
    for repository, refused in tensor_sizes(file)["refused"].items():
        splits = splits_of(repository, engine)
        for name in tensor_sizes(file)["asked"]:
            tensor = int(name.split()[0])
            expert = tensor if name.endswith("experts") else 1
            if expert == 1 or splits.has_experts:
                yield repository, name, Parallel(tensor, 1, 1, expert, tensor), _why(name, refused)


def _why(name: str, refused: list[str]) -> str | None:
    return "what tensor_sizes.py prints" if name in refused else None


VERSIONS = {"vllm": "0.32.0", "sglang": "0.5.23"}


@cache
def splits_of(repository: str, engine: str = "vllm") -> Splits:
    return Splits(shipped_engine(engine), VERSIONS[engine], "nvidia", *model_of(repository))


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


def test_sglang_refuses_the_same_of_what_it_was_asked() -> None:
    rows = list(_of_sizes("sglang", "tensor_sizes_sglang.json"))
    differing = [
        (repository, name)
        for repository, name, size, why in rows
        if bool(splits_of(repository, "sglang").obstacles(size)) != bool(why)
    ]
    assert len(rows) > 40
    assert differing == []


COUNTS = (1, 2, 3, 4, 6, 8, 16)


@pytest.mark.slow
@pytest.mark.parametrize("engine", VERSIONS)
def test_every_default_loads_or_nothing_does(engine: str) -> None:
    """Of all models of the catalog, over several numbers of accelerators in one pod."""
    unusable = []
    for count, (name, profile) in product(COUNTS, models().items()):
        splits = Splits(
            shipped_engine(engine), VERSIONS[engine], "nvidia", entry_model(profile),
            entry_formats(profile) or Formats(),
        )  # fmt: skip
        found = resolve_parallel(empty_draft(), profile_of(count), splits.engine, splits)
        assert found.tensor * found.pipeline == count
        if splits.obstacles(found):
            unusable.append(name)
            assert not any(
                splits.loads(Parallel(tensor, count // tensor, 1, expert, count))
                for tensor, expert in product(range(1, count + 1), (1, count))
                if count % tensor == 0 and (expert == 1 or expert == tensor)
            ), name
    assert len(unusable) < 0.1 * len(COUNTS) * len(models())


@cache
def profile_of(count: int) -> Profile:
    text = (
        "wingsctl: v1\nname: chat\nmodel: qwen3-4b\nengine: vllm\n"
        f"accelerator: {{name: nvidia-h100, count: {count}}}\n"
    )
    return parse_document(parse_yaml(text, "a.wings.yaml"), Profile)


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
