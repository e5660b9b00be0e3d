"""Text of a YAML file -> Document: plain data, and the line of every key."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wingsctl.adapters.yaml_nodes import (
    MAX_LEVELS,
    MERGE,
    TAG,
    TOO_DEEP,
    check_levels,
    compose,
    key_text,
    refused,
    start,
)
from wingsctl.adapters.yaml_places import Places
from wingsctl.documents import Document, KeyPath, Place, Problem, first_problems
from wingsctl.errors import ProfileError, ToolError

MAX_CHARACTERS = 1024 * 1024
"""Far above any profile; YAML is slow to read."""
MAX_VALUES = 100_000
"""What a text may hold, and what its aliases may expand to."""


def parse_yaml(text: str, file: str) -> Document:
    """One YAML document as plain data with places.

    Raises ProfileError with all problems: not YAML, more than one document,
    duplicate or non-text keys, tags, anchors that contain themselves, aliases that
    grow without bound, more than 1 MiB, more than 64 levels.
    """
    if len(text) > MAX_CHARACTERS:
        raise refused(file, Place(1, 1), f"is larger than {MAX_CHARACTERS // 1024} KiB")
    root = compose(text, file)
    if root is None:
        raise refused(file, Place(1, 1), "holds nothing, or comments only")
    builder = _Builder(file)
    data = builder.value(root, (), ())
    if builder.problems:
        raise ProfileError("not a usable YAML file", problems=first_problems(builder.problems))
    return Document(file, data, Places(root).locate)


def parse_objects(text: str) -> list[dict[str, Any]]:
    """The Kubernetes objects of a manifest that helm printed; raises ToolError."""
    yaml = YAML(typ="safe", pure=False)
    yaml.allow_duplicate_keys = True
    try:
        documents = list(yaml.load_all(text))
    except (YAMLError, ValueError, RecursionError) as error:
        raise ToolError(f"helm prints no readable manifest: {type(error).__name__}") from error
    return [each for each in documents if isinstance(each, dict)]


def parse_manifest(text: str, file: str) -> list[dict[str, Any]]:
    """The Kubernetes objects of a user's file, however large; raises ProfileError."""
    try:
        check_levels(text, file)
        return parse_objects(text)
    except (YAMLError, ValueError, ToolError) as error:
        raise refused(file, Place(1, 1), "is neither JSON nor YAML") from error


class _Builder:
    """Turns nodes into data and gathers every problem on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def value(self, node: Node, path: KeyPath, above: tuple[int, ...]) -> Any:
        self.count += 1
        if id(node) in above:
            return self.refuse(node, path, "the anchor contains itself")
        if self.count > MAX_VALUES:
            if self.count == MAX_VALUES + 1:
                self.refuse(node, (), f"expands to more than {MAX_VALUES:,} values")
            return None
        if len(above) > MAX_LEVELS:
            return self.refuse(node, path, TOO_DEEP)
        inside = (*above, id(node))
        if isinstance(node, MappingNode):
            return self.mapping(node, path, inside)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, i), inside) for i, item in enumerate(node.value)]
        return self.scalar(node, path) if isinstance(node, ScalarNode) else None

    def mapping(self, node: MappingNode, path: KeyPath, above: tuple[int, ...]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == MERGE:
                self.merge(value_node, path, above, merged)
                continue
            key = key_text(key_node)
            if key is None:
                self.refuse(key_node, path, "a key must be text")
            elif key in own:
                self.refuse(key_node, (*path, key), "the key is written twice")
            else:
                own[key] = self.value(value_node, (*path, key), above)
        return {**{k: v for k, v in merged.items() if k not in own}, **own}

    def merge(
        self, node: Node, path: KeyPath, above: tuple[int, ...], into: dict[str, Any]
    ) -> None:
        for source in node.value if isinstance(node, SequenceNode) else [node]:
            if not isinstance(source, MappingNode):
                self.refuse(source, path, "`<<` takes a mapping or a list of mappings")
                continue
            for key, value in (self.value(source, path, above) or {}).items():
                into.setdefault(key, value)

    def scalar(self, node: ScalarNode, path: KeyPath) -> Any:
        kind = str(node.tag).removeprefix(TAG)
        reader = _SCALARS.get(kind)
        if reader is None:
            return self.refuse(node, path, f"the tag {node.tag} is not used here", "leave it out")
        try:
            return reader(node.value)
        except (ValueError, OverflowError):
            shown = node.value if len(node.value) <= 40 else f"{node.value[:37]}..."
            return self.refuse(node, path, f"not a usable number: {shown}", "quote it")

    def refuse(self, node: Node, path: KeyPath, message: str, hint: str = "") -> None:
        place = start(node)
        shown = Document(self.file, None, lambda _: place)
        self.problems.append(shown.problem(path, message, hint))


def _integer(text: str) -> int:
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.removeprefix("+"))
    return sign * int(digits.replace("_", ""), 0 if re.match(r"0[xo]", digits) else 10)


def _number(text: str) -> float:
    """A finite number; `.inf` and `.nan` exist in YAML, but not in JSON or a chart."""
    number = float(text.replace("_", ""))
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _joined(text: str) -> str:
    """JSON, which is YAML too, escapes what lies beyond 16 bits as a pair of surrogates."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return text


_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": _joined,
    "int": _integer,
    "float": _number,
    "bool": lambda text: text.lower() == "true",
    "null": lambda _: None,
    "timestamp": str,
}
