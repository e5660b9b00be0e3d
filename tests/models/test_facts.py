"""The catalog says what the models' own config.json files say, and no length without a source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.models.config_facts import stated_facts
from tests.models.evidence import (
    HERE,
    config_file,
    models,
    read_config,
    read_list,
    repositories_with_config,
)
from tests.support.rows import check_rows

CONFIGS = repositories_with_config()


def catalog_facts(repository: str) -> dict[str, Any]:
    """The entry's facts, those of a part under `part.fact`."""
    profile = models()[repository]
    facts = profile.architecture.model_dump(by_alias=True, exclude_none=True)
    facts["quantization"] = profile.quantization
    return dict(flattened(facts))


def flattened(facts: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in facts.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", fact) for inner, fact in value.items())
        else:
            yield key, value


def test_facts_equal_the_models_own_files() -> None:
    check_rows(CONFIGS, wrong_facts)


def wrong_facts(repository: str) -> Iterator[str]:
    ours, stated = catalog_facts(repository), stated_facts(read_config(repository))
    if len(stated) <= 6:
        yield f"its file states {len(stated)} facts only"
    known = read_list("differences.yaml").get(repository, {})
    for fact, value in stated.items():
        if ours.get(fact) != value and fact not in known:
            yield f"{fact} is {value!r} in its file, {ours.get(fact)!r} in the catalog"
    for fact in known:
        if ours.get(fact) == stated.get(fact):
            yield f"{fact} is a known difference, and there is none"


def test_every_file_is_of_a_catalog_model_and_has_a_source() -> None:
    files = {path.name for path in (HERE / "configs").iterdir()}
    assert files == {config_file(repository).name for repository in CONFIGS}
    assert set(CONFIGS) <= set(models())
    assert all(row["source"] and row["copy"] in ("verbatim", "derived") for row in rows())
    assert set(read_list("differences.yaml")) <= set(CONFIGS)


def rows() -> list[dict[str, Any]]:
    return list(read_list("sources.yaml").values())


def test_every_length_has_a_source_and_an_unsure_one_is_left_to_the_engine() -> None:
    """Its own file first, then what is stated elsewhere; what is listed as unsure has none."""
    lengths = read_list("lengths.yaml")
    sure = {
        repository: length
        for repository in CONFIGS
        if (length := stated_facts(read_config(repository)).get("maxPositionEmbeddings"))
    }
    stated = {repository: row["tokens"] for repository, row in lengths["stated"].items()}
    assert not set(sure) & set(stated)
    assert all(row["source"] for row in lengths["stated"].values())
    ours = {
        name: profile.architecture.max_position_embeddings for name, profile in models().items()
    }
    assert ours == {**sure, **stated, **dict.fromkeys(lengths["unsure"])}
