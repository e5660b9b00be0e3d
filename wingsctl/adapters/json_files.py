"""Text of a JSON file -> Document: plain data, and the place of every key."""

from __future__ import annotations

import json
import math
import re
from itertools import accumulate
from typing import Any

from wingsctl.adapters.json_places import TOKEN, Places
from wingsctl.documents import Document, Place, Problem, dotted, first_problems
from wingsctl.errors import ProfileError

MAX_LEVELS = 64
"""As for YAML; a published config.json nests six levels, and json recurses."""
MAX_VALUES = 500_000
"""The largest published config.json holds 67,072 values."""
MAX_DIGITS = 300
"""A longer number is beyond a float, too; reading it takes the square of its length."""
_NO_MARK = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^\[\]{},"]++', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1, ",": 0}


def parse_json(text: str, file: str) -> Document:
    """One JSON value as plain data with places.

    `NaN` and `Infinity` are read, as Python's json does, for published files hold them.
    Raises ProfileError: not JSON, keys that are written twice, more than 64 levels or
    500,000 values.
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
    marks = _NO_MARK.sub("", text)
    if marks.count(",") > MAX_VALUES:
        raise _refused(file, Place(1, 1), f"holds more than {MAX_VALUES:,} values")
    if max(accumulate(map(_STEPS.__getitem__, marks)), default=0) > MAX_LEVELS:
        reason = f"is nested more than {MAX_LEVELS} levels deep"
        raise _refused(file, places.place(_too_deep(text)), reason)


def _too_deep(text: str) -> int:
    """The offset of the first bracket beyond MAX_LEVELS."""
    level = 0
    for found in TOKEN.finditer(text):
        level += _STEPS.get(found[0], 0)
        if level > MAX_LEVELS:
            return found.start()
    raise ValueError("the text is not nested that deep")


def _integer(digits: str) -> int | float:
    if len(digits) <= MAX_DIGITS:
        return int(digits)
    return -math.inf if digits.startswith("-") else math.inf


def _twins(file: str, places: Places) -> list[Problem]:
    message, hint = "the key is written twice", "keep one of the two"
    return first_problems(
        [Problem(file, *place, dotted(path), message, hint) for path, place in places.duplicates()]
    )


def _refused(file: str, place: Place, message: str) -> ProfileError:
    return ProfileError("not a usable JSON file", problems=[Problem(file, *place, "", message)])
