"""A word for where the weights are -> `model.source` of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wingsctl.catalog.model_section import Source
from wingsctl.catalog.parse import parse_document
from wingsctl.documents import Document, Place, did_you_mean
from wingsctl.errors import ProfileError

FORMS = {
    "huggingface": "huggingface or huggingface:SECRET",
    "modelscope": "modelscope or modelscope:SECRET",
    "pvc": "pvc:CLAIM or pvc:CLAIM/DIRECTORY",
    "hostPath": "hostPath:/DIRECTORY",
    "image": "image:REFERENCE",
}
HUBS = ("huggingface", "modelscope")


def parse_source(text: str) -> Mapping[str, Any] | None:
    """None for Hugging Face without a token of its own; raises ProfileError."""
    word, _, value = text.partition(":")
    kind = {each.lower(): each for each in FORMS}.get(word.lower())
    if kind is None:
        hint = did_you_mean(word, list(FORMS)) or f"write {', '.join(FORMS.values())}"
        raise ProfileError(f"{word!r} is no place of weights", hint=hint)
    if not value and kind not in HUBS:
        raise ProfileError(f"{kind} needs a name or a path", hint=f"write {FORMS[kind]}")
    data = _sections(kind, value)
    if data != {"huggingface": {}}:
        _check(data, text)
        return data
    return None


def _sections(kind: str, value: str) -> dict[str, Any]:
    if kind in HUBS:
        return {kind: {"tokenSecret": {"name": value}} if value else {}}
    if kind == "pvc":
        claim, _, directory = value.partition("/")
        below = {"directory": directory.strip("/")} if directory.strip("/") else {}
        return {"pvc": {"claimName": claim}, **below}
    return {kind: {"path" if kind == "hostPath" else "reference": value}}


def _check(data: dict[str, Any], text: str) -> None:
    try:
        parse_document(Document("--source", data, lambda _: Place(1, 1)), Source)
    except ProfileError as error:
        reasons = "; ".join(f"{each.path} {each.message}" for each in error.problems)
        kind = next(iter(data))
        raise ProfileError(f"{text!r}: {reasons}", hint=f"write {FORMS[kind]}") from error
