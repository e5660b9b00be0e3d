"""Text with any number of YAML documents -> one Document each, with its own lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from wingsctl.adapters.yaml_files import MAX_CHARACTERS, parse_yaml
from wingsctl.documents import Document, KeyPath, Place, Problem
from wingsctl.errors import ProfileError

MAX_DOCUMENTS = 500
"""Far above what anybody runs for one model."""
_MARKER = re.compile(r"^---(?=\s|$)|^\.\.\.\s*$")
_NOTHING = re.compile(r"(?:\s|#[^\n]*(?:\n|$)|%[^\n]*(?:\n|$))*")


def parse_documents(text: str, file: str) -> list[Document]:
    """The YAML documents of a text; those that hold nothing are left out.

    Raises ProfileError with the problems of all documents, or where none holds anything.
    """
    if len(text) > MAX_CHARACTERS:
        problem = Problem(file, 1, 1, "", f"is larger than {MAX_CHARACTERS // 1024} KiB")
        raise ProfileError("not a usable YAML file", problems=[problem])
    documents, problems = [], []
    for line, part in _parts(text):
        try:
            documents.append(_moved(parse_yaml(part, file), line))
        except ProfileError as error:
            problems += [replace(each, line=each.line + line) for each in error.problems]
    if not documents and not problems:
        problems = [Problem(file, 1, 1, "", "holds nothing, or comments only")]
    if len(documents) > MAX_DOCUMENTS:
        problems = [Problem(file, 1, 1, "", f"holds more than {MAX_DOCUMENTS} documents")]
    if problems:
        raise ProfileError("not a usable YAML file", problems=problems)
    return documents


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Each document and the number of lines before it.

    A `---` at the start of a line ends a document wherever it stands, also inside of text
    blocks (YAML 1.2, 9.1.2).
    """
    start = 0
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(keepends=True)):
        if _MARKER.match(line):
            yield from _whole(start, lines)
            start, lines = number, ["   " + line[3:] if line.startswith("---") else "\n"]
        else:
            lines.append(line)
    yield from _whole(start, lines)


def _whole(start: int, lines: list[str]) -> Iterator[tuple[int, str]]:
    text = "".join(lines)
    if not _NOTHING.fullmatch(text):
        yield start, text


def _moved(document: Document, lines: int) -> Document:
    def locate(path: KeyPath) -> Place:
        place = document.locate(path)
        return Place(place.line + lines, place.column)

    return replace(document, locate=locate)
