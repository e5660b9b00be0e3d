"""Document -> model of what people write, or all its problems with their places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wingsctl.catalog.base import PATTERN_WORDS, QUANTITY, Model
from wingsctl.catalog.secrets import looks_secret
from wingsctl.documents import (
    MAX_PROBLEMS,
    Document,
    KeyPath,
    Problem,
    did_you_mean,
    rest_of,
)
from wingsctl.errors import ProfileError

M = TypeVar("M", bound=Model)


def parse_document(document: Document, model: type[M]) -> M:
    """The document as `model`.

    Raises ProfileError with every problem of the document's shape.
    """
    if not isinstance(document.data, dict):
        problem = document.problem((), "must be a mapping of keys to values")
        raise ProfileError(f"{document.file} is not valid", problems=[problem])
    try:
        return model.model_validate(document.data, by_alias=True, by_name=False)
    except ValidationError as error:
        problems = shape_problems(document, model, error)
        raise ProfileError(f"{document.file} is not valid", problems=problems) from error


def refuse_manifest(document: Document) -> None:
    """Raise ProfileError for an object of Kubernetes, whose every key would be a problem."""
    data = document.data
    if not isinstance(data, dict) or "wingsctl" in data or not {"apiVersion", "kind"} <= set(data):
        return
    problem = document.problem(
        ("kind",),
        "is an object of Kubernetes, not a profile",
        "a profile starts with wingsctl: v1; wingsctl example minimal prints one",
    )
    raise ProfileError(f"{document.file} is not valid", problems=[problem])


def mended(document: Document, model: type[M]) -> M | None:
    """The document without its unknown keys and with a missing name, or None where more is wrong.

    So that the checks that come after the shape can report in the same run.
    """
    data = document.data
    unknown: set[KeyPath] = set()
    try:
        model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if detail["type"] == "extra_forbidden":
                unknown.add(_real_path(document.data, detail))
            elif detail["type"] == "missing" and detail["loc"] == ("name",):
                data = {**data, "name": "unnamed"}
            else:
                return None
    try:
        data = _without(data, unknown)
        return model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError:
        return None


def _without(data: Any, unwanted: set[KeyPath], path: KeyPath = ()) -> Any:
    if isinstance(data, list):
        return [_without(item, unwanted, (*path, i)) for i, item in enumerate(data)]
    if not isinstance(data, dict):
        return data
    return {
        key: _without(value, unwanted, (*path, key))
        for key, value in data.items()
        if (*path, key) not in unwanted
    }


def shape_problems(
    document: Document, model: type[BaseModel], error: ValidationError
) -> list[Problem]:
    """Pydantic's findings in the words of the person who wrote the document.

    A union reports once per member; only the most telling finding of a place is kept.
    """
    by_path: dict[KeyPath, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        path = _real_path(document.data, detail)
        by_path.setdefault(path, []).append(detail)
    paths = sorted(by_path, key=document.locate)
    found = [_problem(document, model, path, by_path[path]) for path in paths[:MAX_PROBLEMS]]
    if rest := paths[MAX_PROBLEMS:]:
        found.append(rest_of(document.problem(rest[0], ""), len(rest)))
    return found


def _real_path(data: Any, detail: ErrorDetails) -> KeyPath:
    """The place without the names of union members and validators, which are not keys."""
    path: list[int | str] = []
    loc = detail["loc"]
    for index, key in enumerate(loc):
        lacks = detail["type"] == "missing" and index == len(loc) - 1
        if isinstance(data, Mapping) and (key in data or lacks):
            data = data.get(key)
            path.append(key)
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
            path.append(key)
    return tuple(path)


def _problem(
    document: Document, model: type[BaseModel], path: KeyPath, details: list[ErrorDetails]
) -> Problem:
    detail = min(details, key=lambda each: _TELLING.get(each["type"], 9 * (each["type"] in _TYPES)))
    if detail["type"] == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        word = str(path[-1])
        hint = (
            did_you_mean(word, known)
            or _elsewhere(model, word)
            or f"known keys: {', '.join(sorted(known))}"
        )
        return document.problem(path, "unknown key", hint)
    if detail["type"] == "missing":
        return document.problem(path, "is required but missing")
    hint = _hint(detail) or _shape_hint(detail, _known_keys(model, path))
    return document.problem(path, _message(details) + _got(detail), hint)


def _message(details: list[ErrorDetails]) -> str:
    """What is wanted; of a union's members those whose type fits decide."""
    wrong_types = [each for each in details if each["type"] in _TYPES]
    if len(wrong_types) < len(details):
        found = [each for each in details if each["type"] not in _TYPES]
        return " and ".join(dict.fromkeys(_wanted(each) for each in found))
    names: list[str] = [_TYPES[each["type"]] for each in wrong_types]
    if "a number" in names:
        names = [name for name in names if name != "a whole number"]
    names = list(dict.fromkeys(names))
    head, last = names[:-1], names[-1]
    key = "the key " if details[0]["loc"][-1] == "[key]" else ""
    return f"{key}must be " + (f"{', '.join(head)} or {last}" if head else last)


def _elsewhere(model: type[BaseModel], word: str) -> str:
    """A hint for a key that belongs into a section."""
    sections = {field.alias or name: field for name, field in model.model_fields.items()}
    found = [
        f"{key}.{known}"
        for key, field in sections.items()
        for inner in _models_in([field.annotation, *field.metadata])
        for known in (each.alias or name for name, each in inner.model_fields.items())
        if known.lower() == word.replace("_", "").lower()
    ]
    return f"did you mean {' or '.join(found)}?" if found else ""


_OBJECTS = {"model_type", "model_attributes_type"}
_TELLING = {"extra_forbidden": -2, "missing": -1}

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}

_WORDS = {
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "must be {expected_tags}",
}


def _wanted(detail: ErrorDetails) -> str:
    context = {key: _number(value) for key, value in detail.get("ctx", {}).items()}
    if detail["type"] == "string_pattern_mismatch":
        key = "the key " if detail["loc"][-1] == "[key]" else ""
        words = PATTERN_WORDS.get(context["pattern"], f"like {context['pattern']}")
        return f"{key}must be {words}"
    if detail["type"] == "value_error":
        return str(context["error"])
    known = _WORDS.get(detail["type"])
    return known.format(**context) if known else detail["msg"][:1].lower() + detail["msg"][1:]


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _got(detail: ErrorDetails) -> str:
    value = detail["input"]
    if detail["type"] in {"too_short", "value_error"}:
        return ""
    if isinstance(value, dict):
        return ", not a mapping"
    if isinstance(value, list):
        return ", not a list"
    if value is None:
        return ", not empty"
    if isinstance(value, str) and looks_secret(value):
        return ""
    shown = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    length = f" ({len(value)} characters)" if detail["type"] == "string_too_long" else ""
    return f", not {shown if len(shown) <= 60 else shown[:57] + '...'}{length}"


_NAME_BUDGET = "objects get suffixes, and Kubernetes allows 63 characters, 52 for some"
_SWITCHES = {
    "yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false",
}  # fmt: skip


def _hint(detail: ErrorDetails) -> str:
    value, context = detail["input"], detail.get("ctx", {})
    if detail["type"] == "string_too_long":
        surplus = len(value) - context["max_length"]
        is_name = detail["loc"] == ("name",)
        return f"shorten it by {surplus}" + (f": {_NAME_BUDGET}" if is_name else "")
    if detail["type"] == "literal_error" and isinstance(value, str):
        options = [
            part.strip("'") for part in str(context["expected"]).replace(" or ", ", ").split(", ")
        ]
        return did_you_mean(value, options)
    if context.get("pattern") == QUANTITY and isinstance(value, str):
        return "write a number and one of m, k, M, G, T, Ki, Mi, Gi, Ti without a space"
    return _quotes_hint(detail["type"], value)


def _quotes_hint(kind: str, value: Any) -> str:
    """Quotes that are missing, or too many."""
    if kind == "string_type" and isinstance(value, int | float | bool):
        return "quote it: YAML reads it as something other than text"
    if kind in {"int_type", "float_type"} and str(value).isdecimal():
        return "write it without quotes"
    if kind == "bool_type" and str(value).lower() in _SWITCHES:
        return f"write {_SWITCHES[str(value).lower()]} without quotes"
    return ""


def _shape_hint(detail: ErrorDetails, known: list[str]) -> str:
    """For what holds keys and got something else."""
    value = detail["input"]
    if value is None:
        return "give it a value, or leave the key out"
    if isinstance(value, str) and detail["type"] in _OBJECTS and known[:1] == ["name"]:
        return "write {name: ...}"  # never what stands there: it may be a secret
    return ""


def _known_keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    models: list[type[BaseModel]] = [model]
    for key in path:
        if isinstance(key, int):
            continue
        models = [
            inner
            for outer in models
            for name, field in outer.model_fields.items()
            if key == (field.alias or name)
            for inner in _models_in([field.annotation, *field.metadata])
        ] or models
    return [field.alias or name for each in models for name, field in each.model_fields.items()]


def _models_in(annotations: Iterable[Any]) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found.append(annotation)
        else:
            found.extend(_models_in(get_args(annotation)))
    return found
