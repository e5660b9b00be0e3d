"""Facts that people look up, for one model: rows of the data files here, each with its source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from wingsctl.models.modality import read_inputs, read_task

HERE = Path(__file__).resolve().parent
ENGINES = HERE.parents[1] / "profiles" / "engines"
KINDS = {"toolCall": "toolCallParser", "reasoning": "reasoningParser"}
"""Of a parser, in the data files and in an entry."""


def looked_up(name: str, config: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """The keys of an entry that are looked up; what is unknown has none.

    `origin` says what `config` is.
    """
    found = {
        "modality": _modality(name, config, origin),
        "licence": _first("licences", name, {"licence": "name"}),
        "gate": _first("gates", name, {"needsToken": "needsToken"}),
        **{key: list(_parsers(kind, name)) for kind, key in KINDS.items()},
        "chatTemplate": _chat_template(name),
        "requiredArgs": list(_required(name)),
    }
    return {key: value for key, value in found.items() if value}


def aliases(name: str) -> list[str]:
    """Other repositories with the same files."""
    return [each for row in rows_of("aliases") if row["of"] == name for each in row["names"]]


@cache
def rows_of(file: str) -> list[dict[str, Any]]:
    """A data file of this folder."""
    found: list[dict[str, Any]] = YAML(typ="safe").load(HERE / f"{file}.yaml")
    return found


def matching(file: str, name: str) -> Iterator[dict[str, Any]]:
    """The rows of a model: exact names before patterns."""
    rows = rows_of(file)
    yield from (row for row in rows if name in row["models"])
    for row in rows:
        if name not in row["models"] and any(fnmatchcase(name, each) for each in row["models"]):
            yield row


def _first(file: str, name: str, keys: Mapping[str, str]) -> dict[str, Any] | None:
    for row in matching(file, name):
        return {key: row[written] for written, key in keys.items()} | {"source": row["source"]}
    return None


def _modality(name: str, config: Mapping[str, Any], origin: str) -> dict[str, Any]:
    row = next(matching("tasks", name), None)
    task = row["task"] if row else read_task(config)
    source = origin + (f"; task: {row['source']}" if row else "")
    found: dict[str, Any] = {"inputs": list(read_inputs(config))}
    return found | ({"task": task} if task else {}) | {"source": source}


def _parsers(kind: str, name: str) -> Iterator[dict[str, Any]]:
    """Each engine's parsers once, the exact row first, with the versions that have them."""
    if kind == "reasoning" and any(matching("no_thoughts", name)):
        return
    seen = set()
    for row in matching("parsers", name):
        key = row["engine"], row.get(kind)
        if kind in row and key not in seen:
            seen.add(key)
            since = first_version(row["engine"], kind, row[kind])
            bounds = {"since": since} if since else {}
            made = {"name": row[kind], **bounds, "engine": row["engine"]}
            yield made | {"source": row["source"]}


def _chat_template(name: str) -> dict[str, Any] | None:
    for row in matching("needs", name):
        if row.get("baseModel"):
            return {"baseModel": True, "source": row["source"]}
        if "toolTemplate" in row:
            made = {"engine": row["engine"], "file": row["toolTemplate"]}
            return made | {"source": row["source"]}
    return None


def _required(name: str) -> Iterator[dict[str, Any]]:
    for row in matching("needs", name):
        if "args" in row:
            yield {key: row[key] for key in ("engine", "args", "source")}


@cache
def first_version(engine: str, kind: str, parser: str) -> str | None:
    """The first known version that has a parser, None where that is the oldest known one.

    Raises KeyError where no version has it: a row of parsers.yaml is wrong then.
    """
    profile = YAML(typ="safe").load(ENGINES / f"{engine}.yaml")
    row = next(each for each in profile["parsers"] if each["kind"] == kind)
    if "names" in row:
        since: str | None = (row["names"][parser] or {}).get("since")
        return since
    having = [each for each in profile["versions"] if parser in _choices(engine, each, row["flag"])]
    if not having:
        raise KeyError(f"no version of {engine} has the {kind} parser {parser}")
    return None if having[0] == profile["versions"][0] else str(having[0])


@cache
def _choices(engine: str, version: str, flag: str) -> frozenset[str]:
    table = json.loads((ENGINES / "flags" / f"{engine}-{version}.json").read_text("utf-8"))
    return frozenset(table.get(f"--{flag}", {}).get("choices") or [])
