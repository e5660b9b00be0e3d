"""The literal secrets of the input, so that none of them gets into any output."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from wingsctl.catalog.secrets import looks_secret, mask_secrets, names_secret

_SHORTEST = 8
"""A shorter one may be a plain word, and masking it would garble the report; what is under the
name of a secret is never carried, however short it is."""
_NAMED = re.compile(
    r"""(?<![A-Za-z0-9_$-])(-{0,2}[A-Za-z_][A-Za-z0-9_.-]{0,127})["']?(?:\s{0,8}[:=]\s{0,8}|\s{1,8})
    (?:"([^"\n]{1,4096})"|'([^'\n]{1,4096})'|([^\s"',;}\]]{1,4096}))""",
    re.VERBOSE,
)
_PAIR = re.compile(
    r"""name:\s{0,8}["']?([\w.-]{1,128})["']?[^\S\n]*\n\s{0,64}value:\s{0,8}["']?([^\s"']{1,4096})"""
)
_URL_PASSWORD = re.compile(r"://[^/\s:@]{0,128}:([^/\s@]{1,256})@")
_VARIABLE = re.compile(r"^\$[({A-Za-z_]|^(true|false|null)$")


def is_secret_name(name: str) -> bool:
    """Whether a flag, variable or key of that name holds a secret."""
    return names_secret(name.lstrip("-").replace("-", "_"))


_REFERENCES = {"imagePullSecret", "pullSecret", "existingSecret", "tokenSecret", "tlsSecret"}
"""Keys that hold the name of a Secret; `clientSecret` and the like hold the secret itself."""


class SecretTexts:
    """Literals under the name of a secret; those in the form of a token need no list."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add_text(self, text: str) -> None:
        """What `NAME: value`, `NAME=value`, `--name value` and addresses give away in a text."""
        found = [
            next(filter(None, each.groups()[1:]), "")
            for each in _NAMED.finditer(text)
            if is_secret_name(each[1])
            and (each[1][0] == "-" or set(each[0]) & set(":="))
            and each[1] not in _REFERENCES
        ]
        pairs = [value for name, value in _PAIR.findall(text) if is_secret_name(name)]
        self._add([*found, *pairs, *_URL_PASSWORD.findall(text)])

    def add_data(self, data: Any) -> None:
        """What the structure of parsed data gives away: `{name: X_TOKEN, value: ...}`."""
        self._add(_in_data(data))

    def _add(self, texts: Iterable[str]) -> None:
        for text in texts:
            bare = text.strip().strip("\"'")
            if len(bare) >= _SHORTEST and not _VARIABLE.search(bare):
                self._texts.append(bare)
        self._texts = sorted(set(self._texts), key=len, reverse=True)

    def holds_secret(self, value: Any) -> bool:
        """Whether a value, or anything in it, holds one of them."""
        if isinstance(value, dict):
            return any(map(self.holds_secret, [*value, *value.values()]))
        if isinstance(value, list):
            return any(map(self.holds_secret, value))
        text = str(value)
        return looks_secret(text) or any(each in text for each in self._texts)

    def mask(self, text: str) -> str:
        """The text with `***` in the place of each of them."""
        for each in self._texts:
            text = text.replace(each, "***")
        return mask_secrets(text)


def _is_reference(key: str, value: str) -> bool:
    """`imagePullSecret: registry` holds the name of a Secret."""
    is_name = re.fullmatch(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", value) is not None
    return key in _REFERENCES and is_name


def _in_data(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        yield from _in_mapping(data)
    elif isinstance(data, list):
        for before, value in zip(["", *map(str, data)], data, strict=False):
            if before.startswith("-") and is_secret_name(before) and isinstance(value, str):
                yield value
            yield from _in_data(value)
    elif isinstance(data, str):
        name, equals, value = data.partition("=")
        if equals and is_secret_name(name):
            yield value
        yield from _URL_PASSWORD.findall(data)


def _in_mapping(data: dict[str, Any]) -> Iterator[str]:
    """All values of a Secret; entries of `env`; keys with the name of a secret."""
    if data.get("kind") == "Secret":
        for section in ("data", "stringData"):
            values = data.get(section)
            yield from map(str, values.values()) if isinstance(values, dict) else []
    if is_secret_name(str(data.get("name", ""))) and "value" in data:
        yield str(data["value"])
    for key, value in data.items():
        is_text = isinstance(value, str | int | float)
        if is_text and is_secret_name(str(key)) and not _is_reference(str(key), str(value)):
            yield str(value)
        yield from _in_data(value)
