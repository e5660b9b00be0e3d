"""The catalog's models, and what is known about each from elsewhere."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.plans import shipped
from wingsctl.catalog.model import ModelProfile

HERE = Path(__file__).resolve().parent
FILES = HERE.parents[1] / "tools" / "models"
"""Models' own files, and where each was found."""


@cache
def models() -> dict[str, ModelProfile]:
    """Every model of the shipped catalog by its repository."""
    entries = [shipped().model(name) for name in shipped().names("models")]
    return {entry.profile.name: entry.profile for entry in entries if entry}


def config_file(repository: str) -> Path:
    """Where the model's own config.json is kept."""
    return FILES / "configs" / f"{repository.replace('/', '--')}.json"


def read_config(repository: str) -> dict[str, Any]:
    """A model's own config.json as it was found."""
    config: dict[str, Any] = json.loads(config_file(repository).read_text(encoding="utf-8"))
    return config


@cache
def read_list(name: str) -> dict[str, Any]:
    """One of the committed lists beside this file."""
    return _read(HERE / name)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return content


@cache
def sources() -> dict[str, Any]:
    """Where each config.json was found, by repository."""
    return _read(FILES / "sources.yaml")


@cache
def twins() -> dict[str, Any]:
    """Models with the sizes of another, whose file it is."""
    return _read(FILES / "twins.yaml")


def read_quant_file(repository: str) -> dict[str, Any] | None:
    """NVIDIA's file of formats beside the config.json, where there is one."""
    path = FILES / "hf_quant" / config_file(repository).name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def repositories_with_config() -> list[str]:
    """Repositories whose config.json is kept, as the list of sources has them."""
    return list(sources())
