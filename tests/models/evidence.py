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


@cache
def models() -> dict[str, ModelProfile]:
    """Every model of the shipped catalog by its repository."""
    entries = [shipped().model(name) for name in shipped().names("models")]
    return {entry.profile.name: entry.profile for entry in entries if entry}


def config_file(repository: str) -> Path:
    """Where the model's own config.json is kept."""
    return HERE / "configs" / f"{repository.replace('/', '--')}.json"


def read_config(repository: str) -> dict[str, Any]:
    """A model's own config.json as it was found."""
    config: dict[str, Any] = json.loads(config_file(repository).read_text(encoding="utf-8"))
    return config


@cache
def read_list(name: str) -> dict[str, Any]:
    """One of the committed lists beside this file."""
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(
        (HERE / name).read_text(encoding="utf-8")
    )
    return content


def repositories_with_config() -> list[str]:
    """Repositories whose config.json is kept, as the list of sources has them."""
    return list(read_list("sources.yaml"))
