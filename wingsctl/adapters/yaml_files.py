"""Text of a YAML file -> Document: plain data, and the line of every key."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from wingsctl.documents import Document, Key, KeyPath, Place, Problem
from wingsctl.errors import ProfileError, ToolError

MAX_BYTES = 1024 * 1024
MAX_VALUES = 100_000
_FAST_BYTES = 64 * 1024
_FAST_MARKS = 2000
_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"


def parse_yaml(text: str, file: str) -> Document:
    """One YAML document as plain data with places.

    Raises ProfileError with all problems: not YAML, more than one document,
    duplicate or non-text keys, tags, anchors that contain themselves, aliases that
    grow without bound, more than 1 MiB.
    """
    if len(text) > MAX_BYTES:
        raise _refused(file, Place(1, 1), f"is larger than {MAX_BYTES // 1024} KiB")
    root = _compose(text, file)
    if root is None:
        raise _refused(file, Place(1, 1), "holds nothing, or comments only")
    builder = _Builder(file)
    data = builder.value(root, (), ())
    if builder.problems:
        raise ProfileError("not a usable YAML file", problems=builder.problems)
    return Document(file, data, lambda path: _locate(root, path))


def parse_objects(text: str) -> list[dict[str, Any]]:
    """The Kubernetes objects of a manifest that helm printed; raises ToolError."""
    yaml = YAML(typ="safe", pure=False)
    yaml.allow_duplicate_keys = True
    try:
        documents = list(yaml.load_all(text))
    except (YAMLError, ValueError, RecursionError) as error:
        raise ToolError(f"helm prints no readable manifest: {type(error).__name__}") from error
    return [each for each in documents if isinstance(each, dict)]


def _compose(text: str, file: str) -> Node | None:
    """The node of the document; what the C scanner does not take is read again by ruamel's own.

    The C scanner is several times faster and makes the same nodes, but its messages differ,
    and its recursion has no limit: text that could nest deeply is not given to it.
    """
    if len(text) <= _FAST_BYTES and sum(map(text.count, "[{-?")) <= _FAST_MARKS:
        try:
            return YAML(typ="safe", pure=False).compose(text)  # type: ignore[no-any-return]
        except YAMLError:
            pass
    return _compose_slowly(text, file)


def _compose_slowly(text: str, file: str) -> Node | None:
    try:
        return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-any-return]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        raise _refused(file, place, _reason(error), _hint(error)) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = ascii(chr(int(error.character)))
        reason = f"holds the character {character}, which YAML text may not"
        raise _refused(file, Place(line, 1), reason) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise _refused(file, Place(1, 1), f"not YAML: {type(error).__name__}") from error


def _reason(error: MarkedYAMLError) -> str:
    if _is_second_document(error):
        return "holds more than one YAML document"
    parts = [part for part in (error.context, error.problem) if part]
    return "not YAML: " + ", ".join(" ".join(str(part).split()) for part in parts)


def _hint(error: MarkedYAMLError) -> str:
    problem = str(error.problem)
    if "\\t" in problem or "'\t'" in problem:
        return "indent with spaces: YAML does not take tabs"
    if _is_second_document(error):
        return "write one deployment per file"
    if "flow" in str(error.context):
        return "close every [ and {, and quote text that holds : or ,"
    if "simple key" in str(error.context) or "mapping values" in problem:
        return "write `key: value`, and quote text that holds a colon"
    return ""


def _is_second_document(error: MarkedYAMLError) -> bool:
    return "single document" in f"{error.context}{error.problem}"


def _refused(file: str, place: Place, message: str, hint: str = "") -> ProfileError:
    problem = Problem(file, place.line, place.column, "", message, hint)
    return ProfileError("not a usable YAML file", problems=[problem])


def _start(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


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
        if len(above) > 64:
            return self.refuse(node, path, "is nested more than 64 levels deep")
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
            if key_node.tag == _MERGE:
                self.merge(value_node, path, above, merged)
                continue
            key = _key(key_node)
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
        kind = str(node.tag).removeprefix(_TAG)
        reader = _SCALARS.get(kind)
        if reader is None:
            return self.refuse(node, path, f"the tag {node.tag} is not used here", "leave it out")
        try:
            return reader(node.value)
        except (ValueError, OverflowError):
            shown = node.value if len(node.value) <= 40 else f"{node.value[:37]}..."
            return self.refuse(node, path, f"not a usable number: {shown}", "quote it")

    def refuse(self, node: Node, path: KeyPath, message: str, hint: str = "") -> None:
        place = _start(node)
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


def _key(node: Node) -> str | None:
    is_text = isinstance(node, ScalarNode) and node.tag in (_TAG + "str", _TAG + "timestamp")
    return str(node.value) if is_text else None


def _locate(root: Node, path: KeyPath) -> Place:
    """The place of the key at `path`, or of the nearest parent that exists."""
    place, node = _start(root), root
    for key in path:
        found = _child(node, key)
        if found is None:
            break
        place, node = found
    return place


def _child(node: Node, key: Key) -> tuple[Place, Node] | None:
    if isinstance(node, SequenceNode) and isinstance(key, int) and key < len(node.value):
        return _start(node.value[key]), node.value[key]
    if not isinstance(node, MappingNode):
        return None
    for key_node, value in node.value:
        if _key(key_node) == key:
            return _start(key_node), value
    for key_node, value in node.value:
        if key_node.tag == _MERGE:
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                if (found := _child(source, key)) is not None:
                    return found
    return None
