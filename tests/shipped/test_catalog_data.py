"""The shipped catalog, tested as data: valid, complete, consistent, canonically written."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from ruamel.yaml import YAML

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.base import Model
from wingsctl.catalog.engine import Command, EngineImage, EngineProfile, Option, VersionRange
from wingsctl.catalog.fabric import FabricProfile
from wingsctl.catalog.model import Architecture, ModelProfile
from wingsctl.catalog.trigger import TriggerProfile

PROFILES = Path(__file__).parents[2] / "profiles"
MODELS: dict[str, type[Model]] = {
    "engines": EngineProfile,
    "models": ModelProfile,
    "accelerators": AcceleratorProfile,
    "fabrics": FabricProfile,
    "triggers": TriggerProfile,
}
FILES = sorted(path for kind in MODELS for path in (PROFILES / kind).glob("*.yaml"))
IDS = [f"{path.parent.name}/{path.stem}" for path in FILES]
ENGINES = sorted(path.stem for path in (PROFILES / "engines").glob("*.yaml"))


@cache
def load(path: Path) -> dict[str, Any]:
    data = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


@cache
def engine(name: str) -> EngineProfile:
    return EngineProfile.model_validate(load(PROFILES / "engines" / f"{name}.yaml"))


@cache
def accelerator(name: str) -> AcceleratorProfile:
    return AcceleratorProfile.model_validate(load(PROFILES / "accelerators" / f"{name}.yaml"))


@cache
def flags(name: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Version -> flag (with dashes) -> facts, oldest version first."""
    directory = PROFILES / "engines" / "flags"
    versions = [path.stem.removeprefix(f"{name}-") for path in directory.glob(f"{name}-*.json")]
    return {
        version: json.loads((directory / f"{name}-{version}.json").read_text(encoding="utf-8"))
        for version in sorted(versions, key=version_key)
    }


def version_key(version: str) -> tuple[int, ...]:
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:\.post(\d+))?", version)
    assert found, version
    return tuple(int(part or 0) for part in found.groups())


def covers(bounds: VersionRange, version: str) -> bool:
    after = bounds.since is None or version_key(version) >= version_key(bounds.since)
    return after and (bounds.before is None or version_key(version) < version_key(bounds.before))


# Files


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_file_is_valid(path: Path) -> None:
    MODELS[path.parent.name].model_validate(load(path))


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_file_is_named_after_its_entry(path: Path) -> None:
    name = load(path)["name"]
    if path.parent.name == "models":
        name = name.split("/")[1].lower()
    assert path.stem == name


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_file_is_written_canonically(path: Path) -> None:
    raw = path.read_bytes()
    text = raw.decode("utf-8")
    assert not {b"\r", b"\t"} & {bytes([byte]) for byte in raw}
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert all(line == line.rstrip() for line in text.splitlines())
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(yaml.load(text), out)
    assert out.getvalue() == text


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_keys_have_the_order_of_the_model(path: Path) -> None:
    problems = list(misordered(MODELS[path.parent.name], load(path), path.stem))
    assert problems == []


def misordered(model: type[BaseModel], data: dict[str, Any], where: str) -> Iterator[str]:
    """Places where keys are not in field order; `name` and `title` always lead."""
    fields = {to_camel(name): field for name, field in model.model_fields.items()}
    order: list[str] = [key for key in ("name", "title") if key in fields]
    order += [key for key in fields if key not in order]
    if list(data) != [key for key in order if key in data]:
        yield where
    for key, value in data.items():
        inner = next(iter(models_in(fields[key].annotation)), None)
        if inner is None:
            continue
        for index, item in enumerate(mappings_in(value)):
            if set(item) <= {to_camel(name) for name in inner.model_fields}:
                yield from misordered(inner, item, f"{where}.{key}[{index}]")


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def mappings_in(value: Any) -> Iterator[dict[str, Any]]:
    """The entries of one level: a mapping, those of a list, or those of a mapping by name."""
    if isinstance(value, list):
        for item in value:
            yield from mappings_in(item)
    elif isinstance(value, dict):
        if value and all(isinstance(item, dict | list) for item in value.values()):
            for item in value.values():
                yield from mappings_in(item)
        yield value


def test_names_are_unique_whatever_their_case() -> None:
    for kind in MODELS:
        names = [load(path)["name"].lower() for path in FILES if path.parent.name == kind]
        assert len(names) == len(set(names))


# Engines


def test_every_flag_table_belongs_to_an_engine() -> None:
    tables = {path.stem for path in (PROFILES / "engines" / "flags").glob("*.json")}
    declared = {f"{name}-{version}" for name in ENGINES for version in engine(name).versions}
    assert tables == declared


@pytest.mark.parametrize("name", ENGINES)
def test_versions_are_sorted(name: str) -> None:
    versions = engine(name).versions
    assert versions == sorted(versions, key=version_key)


@pytest.mark.parametrize(
    "path", sorted((PROFILES / "engines" / "flags").glob("*.json")), ids=lambda path: path.stem
)
def test_flag_table_is_written_canonically(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    table = json.loads(text)
    known = {
        "type", "choices", "nargs", "action", "negatable", "alias_of", "short", "deprecated",
        "required",
    }  # fmt: skip
    lines = [f"{json.dumps(flag)}: {json.dumps(table[flag])}" for flag in sorted(table)]
    assert text == "{\n" + ",\n".join(lines) + "\n}\n"
    assert all(set(facts) <= known for facts in table.values())
    aliases = {facts["alias_of"] for facts in table.values() if "alias_of" in facts}
    assert aliases <= set(table)


@pytest.mark.parametrize("name", ENGINES)
def test_every_version_has_exactly_one_command(name: str) -> None:
    profile = engine(name)
    for version in profile.versions:
        assert sum(covers(command, version) for command in profile.commands) == 1, version


@pytest.mark.parametrize("name", ENGINES)
def test_command_ends_with_the_served_name(name: str) -> None:
    for command in engine(name).commands:
        assert command.argv[-2:] == ["--served-model-name", "$(MODEL_NAME)"]
        assert command.argv[command.argv.index("--host") + 1] == "127.0.0.1"


@pytest.mark.parametrize("name", ENGINES)
def test_commands_and_options_use_flags_of_their_versions(name: str) -> None:
    profile = engine(name)
    for version, table in flags(name).items():
        for part in argv_parts(profile):
            if covers(part, version):
                used = {token for token in part.argv if token.startswith("--")}
                assert used <= set(table), (version, sorted(used - set(table)))


def argv_parts(profile: EngineProfile) -> list[Command | Option]:
    return [*profile.commands, *(row for rows in profile.options.values() for row in rows)]


@pytest.mark.parametrize("name", ENGINES)
def test_option_rows_do_not_overlap(name: str) -> None:
    profile = engine(name)
    for feature, rows in profile.options.items():
        for version in profile.versions:
            assert sum(covers(row, version) for row in rows) <= 1, (feature, version)


@pytest.mark.parametrize("name", ENGINES)
def test_every_version_has_exactly_one_memory_row(name: str) -> None:
    profile = engine(name)
    for version in profile.versions:
        assert sum(covers(row, version) for row in profile.memory) == 1, version


# SGLang declares no --tp, --pp, --dp: argparse takes or refuses them as prefixes.
PREFIXES = {"sglang": {"tp", "pp", "dp"}}


@pytest.mark.parametrize("name", ENGINES)
def test_owned_and_special_flags_exist(name: str) -> None:
    profile = engine(name)
    tables = flags(name)
    known = {flag.lstrip("-") for table in tables.values() for flag in table}
    known |= {
        short.lstrip("-")
        for table in tables.values()
        for facts in table.values()
        for short in facts.get("short", [])
    }
    assert set(profile.owned) - known == PREFIXES.get(name, set())
    for table in tables.values():
        assert f"--{profile.utilization_flag}" in table
        assert f"--{profile.max_requests_flag}" in table


@pytest.mark.parametrize("name", ENGINES)
def test_everything_the_command_sets_is_owned(name: str) -> None:
    profile = engine(name)
    used = {
        token[2:] for part in argv_parts(profile) for token in part.argv if token.startswith("--")
    }
    assert used <= set(profile.owned)
    for table in flags(name).values():
        for flag, facts in table.items():
            if facts.get("alias_of", "").lstrip("-") in profile.owned:
                assert flag[2:] in profile.owned, f"alias {flag}"
            if flag[2:] in profile.owned:
                short = {text.lstrip("-") for text in facts.get("short", [])}
                assert short <= set(profile.owned), f"short form of {flag}"


@pytest.mark.parametrize("name", ENGINES)
def test_renamed_flags_were_there_and_are_gone(name: str) -> None:
    tables = flags(name)
    for flag, renamed in engine(name).renamed.items():
        assert renamed.gone in tables, f"{flag}: no table for {renamed.gone}"
        before = [v for v in tables if version_key(v) < version_key(renamed.gone)]
        after = [v for v in tables if version_key(v) >= version_key(renamed.gone)]
        assert f"--{flag}" in tables[before[-1]], f"{flag} was gone before {renamed.gone}"
        for version in after:
            assert f"--{flag}" not in tables[version], f"{flag} is in {version}"
        for replacement in re.findall(r"--[a-z0-9-]+", renamed.use):
            assert all(replacement in tables[version] for version in after), (flag, replacement)


# Images

NONE: tuple[str, str] | None = None
CHOICES = [
    ("vllm", "nvidia-v100-32gb", ("0.19.1", "vllm/vllm-openai:v0.19.1")),
    ("vllm", "nvidia-t4", ("0.33.0", "vllm/vllm-openai:v0.33.0")),
    ("vllm", "nvidia-l4", ("0.33.0", "vllm/vllm-openai:v0.33.0")),
    ("vllm", "nvidia-a100-80gb", ("0.33.0", "vllm/vllm-openai:v0.33.0")),
    ("vllm", "nvidia-h200", ("0.33.0", "vllm/vllm-openai:v0.33.0")),
    ("vllm", "nvidia-b200", ("0.33.0", "vllm/vllm-openai:v0.33.0")),
    ("vllm", "nvidia-rtx-5090", ("0.33.0", "vllm/vllm-openai:v0.33.0")),
    ("vllm", "amd-mi300x", ("0.33.0", "vllm/vllm-openai-rocm:v0.33.0")),
    ("vllm", "intel-max-1550", ("0.33.0", "vllm/vllm-openai-xpu:v0.33.0")),
    (
        "vllm",
        "intel-gaudi-3",
        (
            "0.17.1",
            "vault.habana.ai/gaudi-docker/1.24.0/ubuntu24.04/habanalabs/"  # noqa: ISC004
            "vllm-0.17.1-ptfork-2.10.0:1.24.0-1007",
        ),
    ),
    ("vllm", "huawei-ascend-910b", ("0.22.1", "quay.io/ascend/vllm-ascend:v0.22.1rc1")),
    ("vllm", "huawei-ascend-910c", ("0.22.1", "quay.io/ascend/vllm-ascend:v0.22.1rc1-a3")),
    ("vllm", "huawei-ascend-310p", ("0.22.1", "quay.io/ascend/vllm-ascend:v0.22.1rc1-310p")),
    ("vllm", "cpu", ("0.33.0", "vllm/vllm-openai-cpu:v0.33.0")),
    ("sglang", "nvidia-v100-32gb", NONE),
    ("sglang", "nvidia-t4", ("0.4.10", "lmsysorg/sglang:v0.4.10-cu126")),
    ("sglang", "nvidia-l4", ("0.5.23", "lmsysorg/sglang:v0.5.23")),
    ("sglang", "nvidia-a100-80gb", ("0.5.23", "lmsysorg/sglang:v0.5.23")),
    ("sglang", "nvidia-h200", ("0.5.23", "lmsysorg/sglang:v0.5.23")),
    ("sglang", "nvidia-b200", ("0.5.23", "lmsysorg/sglang:v0.5.23")),
    ("sglang", "nvidia-rtx-5090", ("0.5.23", "lmsysorg/sglang:v0.5.23")),
    ("sglang", "amd-mi300x", ("0.5.20", "lmsysorg/sglang:v0.5.20-rocm10-mi30x")),
    ("sglang", "amd-mi355x", ("0.5.20", "lmsysorg/sglang:v0.5.20-rocm724-mi35x")),
    ("sglang", "amd-mi210", NONE),
    ("sglang", "intel-max-1550", ("0.5.23", "lmsysorg/sglang:v0.5.23-xpu")),
    ("sglang", "intel-gaudi-3", NONE),
    ("sglang", "huawei-ascend-910b", ("0.5.20", "quay.io/ascend/sglang:v0.5.20-cann9.0.0-910b")),
    ("sglang", "huawei-ascend-910c", ("0.5.20", "quay.io/ascend/sglang:v0.5.20-cann9.0.0-a3")),
    ("sglang", "huawei-ascend-310p", NONE),
    ("sglang", "cpu", ("0.5.23", "lmsysorg/sglang:v0.5.23-xeon")),
]


@pytest.mark.parametrize(("name", "card", "expected"), CHOICES)
def test_newest_version_and_image_that_suit_the_card(
    name: str, card: str, expected: tuple[str, str] | None
) -> None:
    assert choose(engine(name), None if card == "cpu" else accelerator(card)) == expected


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    "card", sorted(path.stem for path in (PROFILES / "accelerators").glob("*.yaml"))
)
def test_every_card_has_an_image_or_is_known_to_have_none(name: str, card: str) -> None:
    without = {
        "vllm": set[str](),
        "sglang": {
            "nvidia-v100-16gb", "nvidia-v100-32gb", "amd-mi210", "amd-mi250", "amd-mi250x",
            "amd-radeon-pro-w7900", "intel-gaudi-2", "intel-gaudi-3", "huawei-ascend-310p",
        },
    }  # fmt: skip
    assert (choose(engine(name), accelerator(card)) is None) == (card in without[name])


def choose(profile: EngineProfile, card: AcceleratorProfile | None) -> tuple[str, str] | None:
    for version in reversed(profile.versions):
        for image in profile.images:
            if covers(image, version) and suits(image, card):
                return version, f"{image.repository}:{image.tag.format(version=version)}"
    return None


def suits(image: EngineImage, card: AcceleratorProfile | None) -> bool:
    if card is None:
        return image.vendor == "cpu"
    if image.vendor != card.vendor:
        return False
    if image.accelerators and not {card.name, card.family} & set(image.accelerators):
        return False
    low, high = image.min_compute_capability, image.max_compute_capability
    if card.compute_capability is None:
        return low is None and high is None
    return (low or 0) <= card.compute_capability <= (high or float("inf"))


@pytest.mark.parametrize("name", ENGINES)
def test_images_name_real_cards_and_their_evidence(name: str) -> None:
    cards = [accelerator(p.stem) for p in (PROFILES / "accelerators").glob("*.yaml")]
    known = {card.name for card in cards} | {card.family for card in cards}
    for image in engine(name).images:
        assert set(image.accelerators) <= known
        assert image.source
        assert any(covers(image, version) for version in engine(name).versions)


# Models


def dense_models() -> list[Path]:
    paths = [path for path in FILES if path.parent.name == "models"]
    return [path for path in paths if plain(ModelProfile.model_validate(load(path)).architecture)]


def plain(facts: Architecture) -> bool:
    special = (facts.moe, facts.mla, facts.linear_attention, facts.vision_config)
    return not any(special) and facts.global_head_dim is None


def dense_parameters(facts: Architecture) -> int:
    hidden, layers = facts.hidden_size, facts.num_hidden_layers
    head = facts.head_dim or hidden // facts.num_attention_heads
    attention = 2 * hidden * head * (facts.num_attention_heads + facts.num_key_value_heads)
    matrices = 2 if facts.model_type in ("opt", "phi") else 3
    mlp = matrices * hidden * (facts.intermediate_size or 0)
    embeddings = facts.vocab_size * hidden * (1 if facts.tie_word_embeddings else 2)
    return layers * (attention + mlp) + embeddings


@pytest.mark.parametrize("path", dense_models(), ids=lambda path: path.stem)
def test_parameters_follow_from_the_architecture(path: Path) -> None:
    profile = ModelProfile.model_validate(load(path))
    assert profile.parameters == pytest.approx(dense_parameters(profile.architecture), rel=0.03)


def test_every_example_names_entries_that_exist() -> None:
    models = {path.stem for path in (PROFILES / "models").glob("*.yaml")}
    for path in sorted((PROFILES.parent / "examples").glob("*.wings.yaml")):
        profile = load(path)
        for key, kind in (
            ("engine", "engines"),
            ("accelerator", "accelerators"),
            ("fabric", "fabrics"),
        ):
            value = profile.get(key)
            name = value.get("name") if isinstance(value, dict) else value
            if name not in (None, "none"):  # no accelerator at all
                assert (PROFILES / kind / f"{name}.yaml").is_file(), f"{path.name}: {key} {name}"
        model = profile["model"]
        name = model["name"] if isinstance(model, dict) else model
        assert name.split("/")[-1].lower() in models, f"{path.name}: model {name}"
