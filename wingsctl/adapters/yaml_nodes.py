"""Text of a YAML file -> the tree of its nodes, each with its place."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import Node, ScalarNode
from ruamel.yaml.reader import ReaderError

from wingsctl.documents import Place, Problem
from wingsctl.errors import ProfileError

TAG = "tag:yaml.org,2002:"
MERGE = TAG + "merge"
MAX_LEVELS = 64
"""No profile or Kubernetes object nests half as deep, and all that walks a tree recurses."""
TOO_DEEP = f"is nested more than {MAX_LEVELS} levels deep"
_READ_AGAIN_CHARACTERS = 64 * 1024
"""ruamel's own scanner reads some 50 KB a second; longer text keeps libyaml's message."""


def compose(text: str, file: str) -> Node | None:
    """The node of the one document in `text`, None where it holds nothing.

    Raises ProfileError. libyaml reads, and what it does not take is read again by ruamel's
    own scanner, which is slow but says better what is wrong.
    """
    try:
        return _compose(text, file, pure=False)
    except (YAMLError, ValueError) as error:
        if len(text) > _READ_AGAIN_CHARACTERS and not _is_stricter(error):
            raise _not_yaml(text, file, error) from error
    try:
        return _compose(text, file, pure=True)
    except (YAMLError, ValueError) as error:
        raise _not_yaml(text, file, error) from error


def _compose(text: str, file: str, *, pure: bool) -> Node | None:
    check_levels(text, file, pure=pure)
    return _Yaml(typ="safe", pure=pure).compose(text)  # type: ignore[no-any-return]


def check_levels(text: str, file: str, *, pure: bool = False) -> None:
    """Composing recurses without a limit, in C even without a check: depth is counted first.

    Raises ProfileError for too many levels, YAMLError for what is not YAML.
    """
    level = 0
    for event in _Yaml(typ="safe", pure=pure).parse(text):
        level += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if level > MAX_LEVELS + 1:
            raise refused(file, start(event), TOO_DEEP)


class _Yaml(YAML):
    """Without a search for plug-ins on disk, which ruamel makes for every text."""

    def official_plug_ins(self) -> list[str]:
        """None."""
        return []


def _is_stricter(error: Exception) -> bool:
    """Whether libyaml refused a surrogate pair, as JSON writers print for rare characters."""
    return "Unicode character escape code" in str(error)


def _not_yaml(text: str, file: str, error: Exception) -> ProfileError:
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        return refused(file, place, _reason(error), _hint(error))
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        character = ascii(chr(int(error.character)))
        return refused(
            file, Place(line, 1), f"holds the character {character}, which YAML text may not"
        )
    return refused(file, Place(1, 1), f"not YAML: {type(error).__name__}")


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


def refused(file: str, place: Place, message: str, hint: str = "") -> ProfileError:
    """A file that is not usable, for one reason."""
    problem = Problem(file, place.line, place.column, "", message, hint)
    return ProfileError("not a usable YAML file", problems=[problem])


def start(part: Any) -> Place:
    """Where a node or an event begins."""
    return Place(part.start_mark.line + 1, part.start_mark.column + 1)


def key_text(node: Node) -> str | None:
    """The key that a node spells, None where it is not text."""
    is_text = isinstance(node, ScalarNode) and node.tag in (TAG + "str", TAG + "timestamp")
    return str(node.value) if is_text else None
