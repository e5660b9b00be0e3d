"""The files of the shipped catalog: valid, named after their entry, canonically written."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from ruamel.yaml import YAML

from tests.shipped.catalog_files import FILES, PROFILES, data, document, name_of
from tests.support.profiles import ROOT
from tests.support.rows import check_rows
from wingsctl.catalog.catalog import KINDS
from wingsctl.catalog.parse import parse_document
from wingsctl.documents import Problem
from wingsctl.errors import ProfileError


def test_files_are_valid() -> None:
    check_rows(FILES, problems_of, name_of)


def problems_of(path: Path) -> Iterator[Problem]:
    try:
        parse_document(document(path), KINDS[path.parent.name])
    except ProfileError as error:
        yield from error.problems


def test_files_are_named_after_their_entries() -> None:
    check_rows(FILES, wrong_names, name_of)


def wrong_names(path: Path) -> Iterator[str]:
    name = data(path)["name"]
    if path.parent.name == "models":
        name = name.split("/")[1].lower()
    if path.stem != name:
        yield f"the entry is {name}"


def test_files_are_written_canonically() -> None:
    check_rows(FILES, slips, name_of)


def slips(path: Path) -> Iterator[str]:
    text = path.read_bytes().decode("utf-8")
    yield from (f"holds {char!r}" for char in "\r\t" if char in text)
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield "does not end with one newline"
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip():
            yield f"line {number} ends with a space"
    yield from other_lines(text, as_ruamel_writes(text))


def as_ruamel_writes(text: str) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO()
    yaml.dump(yaml.load(text), out)
    return out.getvalue()


def other_lines(text: str, canonical: str) -> Iterator[str]:
    """The first line that differs."""
    if text == canonical:
        return
    ours, theirs = text.split("\n"), canonical.split("\n")
    pairs = enumerate(zip(ours, theirs, strict=False), 1)
    number = next((at for at, (our, their) in pairs if our != their), min(len(ours), len(theirs)))
    yield f"line {number} is not written canonically"


def test_keys_have_the_order_of_the_model() -> None:
    check_rows(
        FILES, lambda path: misordered(KINDS[path.parent.name], data(path), path.stem), name_of
    )


def misordered(model: type[BaseModel], data: dict[str, Any], where: str) -> Iterator[str]:
    """Places where keys are not in field order; `name` and `title` always lead."""
    fields = {to_camel(name): field for name, field in model.model_fields.items()}
    order: list[str] = [key for key in ("name", "title") if key in fields]
    order += [key for key in fields if key not in order]
    if list(data) != [key for key in order if key in data]:
        yield f"the keys of {where} have another order"
    for key, value in data.items():
        inner = next(iter(models_in(fields[key].annotation)), None) if key in fields else None
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
    check_rows(KINDS, doubles)


def doubles(kind: str) -> list[str]:
    names = [data(path)["name"].lower() for path in FILES if path.parent.name == kind]
    return [f"{name} is there twice" for name in sorted({*names}) if names.count(name) > 1]


EXAMPLES = sorted((ROOT / "examples").glob("*.wings.yaml"))
KEYS = {"engine": "engines", "accelerator": "accelerators", "fabric": "fabrics", "model": "models"}


def test_examples_name_entries_that_exist() -> None:
    check_rows(EXAMPLES, missing_entries, lambda path: path.name)


def missing_entries(path: Path) -> Iterator[str]:
    profile = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    for key, kind in KEYS.items():
        value = profile.get(key)
        name = value.get("name") if isinstance(value, dict) else value
        if name in (None, "none"):  # no accelerator at all
            continue
        stem = name.split("/")[-1].lower() if key == "model" else name
        if not (PROFILES / kind / f"{stem}.yaml").is_file():
            yield f"{key} {name} is not in the catalog"
