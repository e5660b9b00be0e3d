"""What has been decided and found so far while a plan is being made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from wingsctl.catalog.catalog import Catalog
from wingsctl.documents import Document, Key, KeyPath, Problem

T = TypeVar("T")


@dataclass(frozen=True)
class Decision:
    """One decided value: a dotted key, the value, and where it comes from."""

    key: str
    value: Any
    source: str


class Draft:
    """Gathers decisions and problems, so that all of them can be shown at once."""

    def __init__(self, document: Document, catalog: Catalog) -> None:
        self.document = document
        self.catalog = catalog
        self.decisions: list[Decision] = []
        self.problems: list[Problem] = []
        self.sources: dict[str, str] = {}
        """The file that each catalog entry came from, by its profile key."""

    def decide(self, key: str, value: T, source: str) -> T:
        """Record a value that comes from a catalog file or a rule."""
        self.decisions.append(Decision(key, value, source))
        return value

    def take(self, key: str, written: T | None, default: T, source: str) -> T:
        """The written value if there is one, else the default with its source."""
        if written is None:
            return self.decide(key, default, source)
        return self.decide(key, written, self.line(*key.split(".")))

    def section(self, key: str, section: BaseModel) -> None:
        """Record every field of a profile section: its line, or its default."""
        for name, field in type(section).model_fields.items():
            path = f"{key}.{field.alias or name}"
            value = getattr(section, name)
            if isinstance(value, BaseModel):
                self.section(path, value)
            elif value is not None and value not in ([], {}):
                keys = path.split(".")
                source = self.line(*keys) if self.is_written(*keys) else "default"
                self.decide(path, plain(value), source)

    def line(self, *path: Key) -> str:
        """Where in the profile a value is written."""
        return f"{self.document.file}:{self.document.locate(path).line}"

    def refuse(self, path: KeyPath, message: str, hint: str = "") -> None:
        """Record something that stops the plan."""
        self.problems.append(self.document.problem(path, message, hint))

    def warn(self, path: KeyPath, message: str, hint: str = "") -> None:
        """Record something that the user should know, but that can work."""
        self.problems.append(self.document.problem(path, message, hint, severity="warning"))

    def warnings(self) -> list[Problem]:
        """What the user should know, so far."""
        return [each for each in self.problems if each.severity == "warning"]

    def is_written(self, *path: Key) -> bool:
        """Whether the profile says something at `path`."""
        data = self.document.data
        for key in path:
            if not isinstance(data, dict) or key not in data:
                return False
            data = data[key]
        return True


def plain(value: Any) -> Any:
    """A section or a container of sections as plain data with camelCase keys."""
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_none=True)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
