"""The files that a profile names: read relative to it, and checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from wingsctl.adapters.json_files import parse_json
from wingsctl.adapters.text_files import read_regular
from wingsctl.catalog.model_config import ModelConfig, parse_model_config
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Document, KeyPath, Problem
from wingsctl.errors import ProfileError
from wingsctl.plan.model import ProfileFiles

T = TypeVar("T")
_CONFIG: KeyPath = ("model", "config")
_TEMPLATE: KeyPath = ("model", "chatTemplate", "file")


def load_referenced(
    profile: Profile, document: Document, base: Path
) -> tuple[ProfileFiles, list[Problem]]:
    """What the files hold, and the problems of those that are of no use.

    A problem stands where the profile names the file, and says where in the file it is.
    """
    problems: list[Problem] = []

    def load(path: KeyPath, name: str | None, parse: Callable[[str, str], T]) -> T | None:
        if name is None:
            return None
        try:
            text = read_regular(base / name)
        except ProfileError as error:
            problems.extend(_unreadable(document, path, name, error))
            return None
        try:
            return parse(text, name)
        except ProfileError as error:
            problems.extend(_unusable(document, path, error))
            return None

    template = profile.model.chat_template
    name, quant_name = _config_files(base, profile.model.config)
    quant = load(_CONFIG, quant_name, parse_json)
    config = load(_CONFIG, name, lambda text, file: _model_config(text, file, quant))
    text = load(_TEMPLATE, template.file if template else None, lambda text, _: text)
    return ProfileFiles(config, text), problems


def _config_files(base: Path, name: str | None) -> tuple[str | None, str | None]:
    """Of a model's directory its config.json, and the file of formats that NVIDIA has beside it."""
    if name is None or not (base / name).is_dir():
        return name, None
    quant = f"{name.rstrip('/')}/hf_quant_config.json"
    return f"{name.rstrip('/')}/config.json", quant if (base / quant).exists() else None


def _model_config(text: str, file: str, quant: Document | None) -> ModelConfig:
    return parse_model_config(parse_json(text, file), quant)


def _unreadable(document: Document, path: KeyPath, name: str, error: ProfileError) -> list[Problem]:
    hint = "the path is taken from the profile's directory"
    reasons = [
        each.message + (f" (line {each.line})" if each.line > 1 else "") for each in error.problems
    ]
    return [document.problem(path, f"cannot read {name}: {reason}", hint) for reason in reasons]


def _unusable(document: Document, path: KeyPath, error: ProfileError) -> list[Problem]:
    return [
        document.problem(path, str(each), each.hint or "give the model's own config.json")
        for each in error.problems
    ]
