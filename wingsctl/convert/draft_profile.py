"""The profile that is being built: values and comments by key, in the profile's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from wingsctl.catalog.profile import Profile

ProfileKey = str | tuple[str, ...]


def split_key(key: ProfileKey) -> tuple[str, ...]:
    """`model.name` as its parts; keys with dots in them are given as a tuple."""
    return tuple(key.split(".")) if isinstance(key, str) else key


class DraftProfile:
    """Values by key; the first value of a key stays."""

    def __init__(self) -> None:
        self._data: dict[str, Any] = {"wingsctl": "v1"}
        self.comments: dict[tuple[str, ...], str] = {}

    def get(self, key: ProfileKey) -> Any:
        """The value of a key, None without one."""
        found: Any = self._data
        for part in split_key(key):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def put(self, key: ProfileKey, value: Any) -> bool:
        """Whether the key now has this value; False where it has another one already."""
        *outer, last = split_key(key)
        section = self._data
        for part in outer:
            section = section.setdefault(part, {})
            if not isinstance(section, dict):
                return False
        present = section.setdefault(last, value)
        return bool(present == value and type(present) is type(value))

    def replace(self, key: ProfileKey, value: Any) -> None:
        """Gives a key another value."""
        self.remove(key)
        self.put(key, value)

    def remove(self, key: ProfileKey) -> None:
        """Takes a key out, if it is there."""
        *outer, last = split_key(key)
        section = self.get(tuple(outer)) if outer else self._data
        if isinstance(section, dict):
            section.pop(last, None)

    def append(self, key: ProfileKey, item: Any) -> None:
        """One more item of a list, unless it is in it."""
        present = self.get(key)
        if not isinstance(present, list):
            self.put(key, present := [])
        if item not in present:
            present.append(item)

    def comment(self, key: ProfileKey, text: str) -> None:
        """A comment above a key, instead of an earlier one."""
        self.comments[split_key(key)] = " ".join(text.split())

    def data(self) -> dict[str, Any]:
        """The profile as plain data in the order of the profile's own models."""
        ordered: dict[str, Any] = _ordered(self._data, Profile)
        return _short(ordered)


def _ordered(data: Any, model: type[BaseModel] | None) -> Any:
    if not isinstance(data, dict):
        return data
    known = {
        field.alias or name: field.annotation
        for name, field in (model.model_fields if model else {}).items()
    }
    names = sorted(data, key=lambda name: list(known).index(name) if name in known else len(known))
    inner = {name: _ordered(data[name], _model_in([known.get(name)])) for name in names}
    return {name: value for name, value in inner.items() if value != {} or name in _EMPTY}


_EMPTY = {"ephemeral", "huggingface", "modelscope", "create", "emptyDir"}
"""Keys that mean something with nothing in them."""


def _model_in(annotations: Iterable[Any]) -> type[BaseModel] | None:
    """The first model in an annotation."""
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
        if found := _model_in(get_args(annotation)):
            return found
    return None


def _short(data: Mapping[str, Any]) -> dict[str, Any]:
    """`engine: {name: vllm}` as `engine: vllm`."""
    return {
        key: value["name"]
        if key in ("model", "engine", "accelerator", "fabric") and list(value) == ["name"]
        else value
        for key, value in data.items()
    }
