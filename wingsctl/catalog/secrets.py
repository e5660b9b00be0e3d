"""Text that looks like a secret has no place in a profile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wingsctl.documents import Document, KeyPath, Problem

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])("
    r"hf_[A-Za-z0-9]{16,}|sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|glpat-[\w-]{16,}"
    r"|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{10,}|nvapi-[\w-]{16,}"
    r"|eyJ[\w-]{8,512}\.eyJ[\w-]{8,4096}\."
    r")|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_SECRET_NAME = re.compile(r"(TOKEN|PASSWORD|PASSWD|SECRET|API_?KEY|ACCESS_KEY|PRIVATE_KEY)$")
_URL_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
_NOT_SECRET = re.compile(r"(^|_)(MAX|NUM|MIN|N|BATCH|PAD|EOS|BOS)(_\w*)?_?TOKEN$")
_LONGEST_NAME = 256
"""As an environment variable's; the patterns take the square of the length."""
_HINT = (
    "put it into a Secret and write {valueFrom: {secretKeyRef: {name: ..., key: ...}}} "
    "or tokenSecret"
)
_TRIGGER_HINT = "put it into a Secret and name its key in authentication.secretTargetRef"


def looks_secret(text: str) -> bool:
    """Whether the text has the form of a known kind of token or key."""
    return _TOKEN.search(text) is not None


def mask_secrets(text: str) -> str:
    """The text with every known kind of token or key replaced by `***`."""
    return _TOKEN.sub("***", text)


def check_secrets(document: Document) -> list[Problem]:
    """A problem for every literal that looks like a secret; its text is not repeated."""
    found = dict.fromkeys(
        path
        for path, text in _texts(document.data, ())
        if looks_secret(text) or _is_secret_variable(path, text) or _is_trigger_url(path, text)
    )
    return [
        document.problem(
            path,
            "looks like a secret: profiles and charts hold references only",
            _TRIGGER_HINT if "triggers" in path else _HINT,
        )
        for path in found
    ]


def _is_secret_variable(path: KeyPath, text: str) -> bool:
    """A literal in a map of variables or trigger facts, under the name of a secret."""
    if path[-1:] == ("expand",):
        path = path[:-1]
        text = re.sub(r"\$\([^)]*\)", "", text)
    if len(path) < 2 or path[-2] not in {"env", "metadata"} or not text:
        return False
    return names_secret(str(path[-1]))


def names_secret(key: str) -> bool:
    """Whether a variable or key of that name holds a secret."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key[-_LONGEST_NAME:]).upper()
    return bool(_SECRET_NAME.search(name)) and not _NOT_SECRET.search(name)


def _is_trigger_url(path: KeyPath, text: str) -> bool:
    """An address with a password in it, as queues like to be told."""
    return "triggers" in path and _URL_PASSWORD.search(text) is not None


def _texts(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """All scalars as text, and the keys too: a token may stand in the wrong place."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, str(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if looks_secret(key):
                yield (*path, key), key
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
