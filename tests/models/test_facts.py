"""The catalog says what the models' own config.json files say, and no length without a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.models.evidence import (
    FILES,
    config_file,
    models,
    read_config,
    read_list,
    read_quant_file,
    repositories_with_config,
    sources,
    twins,
)
from tests.support.rows import check_rows
from wingsctl.catalog.entry_model import entry_formats, entry_model
from wingsctl.models.architecture import Model
from wingsctl.models.formats import Formats
from wingsctl.models.minimal_block import formats_by_layer
from wingsctl.models.quantization import read_formats
from wingsctl.models.read import read_model

CONFIGS = repositories_with_config()


def test_entries_say_what_the_models_own_files_say() -> None:
    check_rows(CONFIGS, differences)


def differences(repository: str) -> Iterator[str]:
    profile, config = models()[repository], read_config(repository)
    own, found = read_model(config), entry_model(profile)
    if own != found:
        yield "another model is read of its file"
    formats, wanted = entry_formats(profile), read_formats(config, read_quant_file(repository))
    if formats is None or stated(found, formats) != stated(own, wanted):
        yield "other formats are read of its file"


def test_a_twin_has_the_sizes_of_the_other_and_never_its_format() -> None:
    def check(repository: str) -> Iterator[str]:
        row, profile = twins()[repository], models()[repository]
        other = read_model(read_config(row["of"]))
        wanted = replace(
            other,
            rotary=0,
            positions=row.get("maxPositionEmbeddings", other.positions),
            vocabulary=row.get("vocabSize", other.vocabulary),
        )
        if replace(entry_model(profile), rotary=0) != wanted:
            yield f"its sizes are not those of {row['of']}"
        formats, own = entry_formats(profile), row.get("quantizationConfig", {})
        if formats is None or formats.method != own.get("quant_method"):
            yield "its block is not its own"
        if profile.quantization != row.get("quantization"):
            yield "its format is not the one that is stated"
        if profile.same_sizes_as != row["of"] or not profile.source:
            yield "it does not say so"

    check_rows(twins(), check)


def stated(model: Model, formats: Formats) -> tuple[Any, ...]:
    """The method, the cache, and the format of each matrix of each layer."""
    return formats.method, formats.cache_bytes, formats_by_layer(model, formats)


def test_every_file_is_of_a_catalog_model_and_has_a_source() -> None:
    files = {path.name for path in (FILES / "configs").iterdir()}
    assert files == {config_file(repository).name for repository in CONFIGS}
    assert {path.name for path in (FILES / "hf_quant").iterdir()} <= files
    assert set(CONFIGS) <= set(models())
    assert all(
        row["source"] and row["copy"] in ("verbatim", "derived") for row in sources().values()
    )


def test_every_length_has_a_source_and_an_unsure_one_is_left_to_the_engine() -> None:
    """Its own file first, then what is stated elsewhere; what is listed as unsure has none."""
    lengths = read_list("lengths.yaml")
    sure = {name: read_model(read_config(name)).positions for name in CONFIGS}
    stated = {name: row["tokens"] for name, row in lengths["stated"].items()}
    assert not {name for name, length in sure.items() if length} & set(stated)
    assert all(row["source"] for row in lengths["stated"].values())
    ours = {
        name: entry_model(profile).positions
        for name, profile in models().items()
        if name not in twins() or name in {**stated, **dict.fromkeys(lengths["unsure"])}
    }
    assert ours == {**sure, **stated, **dict.fromkeys(lengths["unsure"])}
