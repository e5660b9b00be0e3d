"""Whether one answer can be used, before the others are known."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from wingsctl.actions.fit_model import FitRequest, fit_model
from wingsctl.actions.referenced_files import load_referenced
from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.adapters.kubectl import find_kubectl
from wingsctl.adapters.user_files import check_free
from wingsctl.catalog.catalog import Catalog, Kind
from wingsctl.catalog.parse import parse_document
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Document, Place, did_you_mean
from wingsctl.errors import ProfileError
from wingsctl.plan.new_profile import CPU, Answers
from wingsctl.plan.new_source import FORMS, HUBS

STDOUT = "-"
SUFFIX = ".wings.yaml"


def is_path(model: str) -> bool:
    """Whether it names a file or directory there is, and not only a word."""
    path = Path(model)
    is_meant = "/" in model or path.suffix == ".json" or (path / "config.json").exists()
    return bool(model) and is_meant and path.exists()


def check_model(model: str, catalog_dirs: Sequence[Path]) -> None:
    """Raises ProfileError for a name that the catalog does not know, or a path without a config."""
    if is_path(model):
        _check_config(model)
        return
    catalog = Catalog(CatalogFiles(catalog_dirs))
    if model and catalog.model(model) is not None:
        return
    near = did_you_mean(model.rsplit("/", 1)[-1], catalog.names("models")) if model else ""
    ways = [near, f"add it: wingsctl models add {model}" if "/" in model else ""]
    ways.append("give the path of its config.json, or of its directory")
    raise ProfileError(
        f"no model {model!r} in the catalog", hint="; or ".join(each for each in ways if each)
    )


def _check_config(path: str) -> None:
    data = {
        "wingsctl": "v1", "name": "init", "engine": "vllm", "accelerator": CPU,
        "model": {"name": "own/model", "config": path},
    }  # fmt: skip
    document = Document(path, data, lambda _: Place(1, 1))
    unusable = load_referenced(parse_document(document, Profile), document, Path.cwd())[1]
    if unusable:
        raise ProfileError(f"{path} is not usable", problems=unusable)


def check_place(model: str, source: Mapping[str, Any] | None) -> None:
    """Raises ProfileError for a hub as the place of a model that only has a path."""
    if is_path(model) and (source is None or set(source) & set(HUBS)):
        raise ProfileError(
            f"{model} has no name on a hub that its weights could be under",
            hint=f"write {FORMS['pvc']}, {FORMS['hostPath']} or {FORMS['image']}; a model of a hub "
            "is taken by its name, after wingsctl models add",
        )


def check_card(name: str, catalog_dirs: Sequence[Path]) -> None:
    """Raises ProfileError for an accelerator that is not in the catalog."""
    catalog = Catalog(CatalogFiles(catalog_dirs))
    if name != CPU and catalog.accelerator(name) is None:
        hint = did_you_mean(name, [*catalog.names("accelerators"), CPU])
        raise ProfileError(f"no accelerator {name!r} in the catalog", hint=hint)


def check_answers(
    answers: Answers, accelerators: Sequence[str], catalog_dirs: Sequence[Path]
) -> None:
    """All names at once; raises ProfileError."""
    catalog = Catalog(CatalogFiles(catalog_dirs))
    checks: list[Callable[[], None]] = [lambda: check_model(answers.model, catalog_dirs)]
    checks += [partial(check_card, each, catalog_dirs) for each in accelerators]
    checks.append(lambda: check_engine(answers.engine, catalog_dirs))
    if answers.fabric:
        checks.append(lambda: _check_entry(catalog, "fabrics", answers.fabric))
    checks.append(lambda: check_place(answers.model, answers.source))
    if answers.name:
        checks.append(lambda: check_name(answers.name))
    errors = []
    for check in checks:
        try:
            check()
        except ProfileError as error:
            errors.append(error)
    if errors:
        raise _all_of(errors)


def _all_of(errors: Sequence[ProfileError]) -> ProfileError:
    if len(errors) == 1:
        return errors[0]
    hints = [f"{each.message}: {each.hint}" for each in errors if each.hint]
    problems = [problem for each in errors for problem in each.problems]
    message = "; ".join(each.message for each in errors)
    return ProfileError(message, hint="\n".join(hints), problems=problems)


def check_engine(name: str, catalog_dirs: Sequence[Path]) -> None:
    """Raises ProfileError for an engine that is not in the catalog."""
    _check_entry(Catalog(CatalogFiles(catalog_dirs)), "engines", name)


def _check_entry(catalog: Catalog, kind: Kind, name: str) -> None:
    known = catalog.names(kind)
    if name.lower() not in known:
        hint = did_you_mean(name, known) or f"known: {', '.join(known)}"
        raise ProfileError(f"no {kind[:-1]} {name!r} in the catalog", hint=hint)


def check_name(name: str) -> None:
    """Raises ProfileError for what chart and release cannot be called."""
    if not re.fullmatch(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?", name):
        raise ProfileError(
            f"{name!r} cannot be the name of a profile",
            hint="lower case letters, digits and -, a letter first, 40 at most",
        )


def cards_for(model: str, engine: str, catalog_dirs: Sequence[Path]) -> list[str]:
    """Accelerators that hold the model, those that take the least memory first."""
    offers = fit_model(FitRequest(model, engine, catalog_dirs=catalog_dirs))
    return list(dict.fromkeys(each.accelerator for each in offers if each.verdict == "fits"))


def has_kubectl() -> bool:
    """Whether there is a kubectl to read nodes with."""
    return find_kubectl(os.environ, None, None) is not None


def check_file(file: str, *, force: bool) -> None:
    """Raises ProfileError where something is there that may not be replaced."""
    if file != STDOUT:
        check_free(Path(file), force=force)
