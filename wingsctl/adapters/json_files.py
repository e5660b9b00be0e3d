"""Text of a JSON file -> Document: plain data, and the place of every key."""

from __future__ import annotations

import json
import math
from typing import Any

from wingsctl.adapters.json_places import TOKEN, Places
from wingsctl.documents import MAX_PROBLEMS, Document, Place, Problem, dotted, rest_of
from wingsctl.errors import ProfileError

MAX_LEVELS = 64
"""As for YAML; a published config.json nests six levels, and json recurses."""
MAX_COMMAS = 100_000
"""The largest published config.json has 67,071; each stands between two values."""
MAX_DIGITS = 300
"""A longer number is beyond a float, too; reading it takes the square of its length."""
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def parse_json(text: str, file: str) -> Document:
    """One JSON value as plain data with places.

    `NaN` and `Infinity` are read, as Python's json does, for published files hold them.
    Raises ProfileError: not JSON, keys that are written twice, more than 64 levels or
    100,000 commas.
    """
    places = Places(text)
    _check_bounds(text, file, places)
    objects_with_twins: list[dict[str, Any]] = []

    def built(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            objects_with_twins.append(found)
        return found

    try:
        data = json.loads(text, object_pairs_hook=built, parse_int=_integer)
    except json.JSONDecodeError as error:
        words = error.msg.removesuffix(" starting at").removesuffix(" at")
        reason = f"not JSON: {words[0].lower()}{words[1:]}"
        raise _refused(file, Place(error.lineno, error.colno), reason) from error
    if objects_with_twins:
        raise ProfileError("not a usable JSON file", problems=_twins(file, places))
    return Document(file, data, places.locate)


def _check_bounds(text: str, file: str, places: Places) -> None:
    """Before anything recurses or grows."""
    if text.count(",") > MAX_COMMAS:
        raise _refused(file, Place(1, 1), f"has more than {MAX_COMMAS:,} commas")
    if (offset := _too_deep(text)) is not None:
        reason = f"is nested more than {MAX_LEVELS} levels deep"
        raise _refused(file, places.place(offset), reason)


def _too_deep(text: str) -> int | None:
    """The offset of the first bracket beyond MAX_LEVELS."""
    if text.count("[") + text.count("{") <= MAX_LEVELS:
        return None
    level = 0
    for found in TOKEN.finditer(text):
        level += _STEPS.get(found[0], 0)
        if level > MAX_LEVELS:
            return found.start()
    return None


def _integer(digits: str) -> int | float:
    if len(digits) <= MAX_DIGITS:
        return int(digits)
    return -math.inf if digits.startswith("-") else math.inf


def _twins(file: str, places: Places) -> list[Problem]:
    message, hint = "the key is written twice", "keep one of the two"
    found = places.duplicates()
    shown = [
        Problem(file, *places.place(offset), dotted(path), message, hint)
        for path, offset in found[: MAX_PROBLEMS + 1]
    ]
    rest = len(found) - MAX_PROBLEMS
    return shown if rest <= 0 else [*shown[:-1], rest_of(shown[-1], rest)]


def _refused(file: str, place: Place, message: str) -> ProfileError:
    return ProfileError("not a usable JSON file", problems=[Problem(file, *place, "", message)])
