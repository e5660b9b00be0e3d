"""What each facts file was made of: its inputs, and a digest of what was written.

A folder of facts has one index, FOLDER.lock, with a line for each of its files:

    NAME.json ENGINE VERSION config:SHA-256 tool:SHA-256 facts:SHA-256

config  of the bytes of the model's files (engine_facts.py)
tool    of the modules here that ask the engine, without comments, docstrings and empty lines
facts   of the file itself

A file is stale when one of these is not what it was. That is known without an engine: the version
that is asked stands in the engine's lock.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIGESTS = ("config", "tool", "facts")


@dataclass(frozen=True)
class Origin:
    """One line of an index, without the name."""

    engine: str
    version: str
    config: str
    tool: str
    facts: str

    def line(self, name: str) -> str:
        """As the index has it."""
        digests = [f"{key}:{getattr(self, key)}" for key in DIGESTS]
        return " ".join([name, self.engine, self.version, *digests])


def index_of(folder: Path) -> Path:
    """The index of a folder of facts, beside it."""
    return folder.with_name(f"{folder.name}.lock")


def read_index(folder: Path) -> dict[str, Origin]:
    """By file name; empty where there is none yet. Raises ValueError at a line of another form."""
    path = index_of(folder)
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return dict(_read(line) for line in lines)


def _read(line: str) -> tuple[str, Origin]:
    words = line.split(" ")
    digests = dict(word.split(":", 1) for word in words[3:])
    if len(words) != 3 + len(DIGESTS) or tuple(digests) != DIGESTS:
        raise ValueError(f"no line of an index: {line}")
    return words[0], Origin(words[1], words[2], **digests)


def write_index(folder: Path, origins: dict[str, Origin]) -> None:
    """Of the files that are there: those of a model that has gone are left out."""
    kept = sorted(name for name in origins if (folder / name).is_file())
    text = "".join(f"{origins[name].line(name)}\n" for name in kept)
    index_of(folder).write_text(text, encoding="utf-8")


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


@cache
def tool_digest(module: str) -> str:
    """Of the module that asks an engine, and of all here that it imports when it is loaded."""
    names = sorted(_closure(module))
    texts = [f"# {name}\n{plain_code(_path(name).read_text('utf-8'))}" for name in names]
    return digest("".join(texts).encode())


def _closure(module: str) -> set[str]:
    found: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name not in found and _path(name).is_file():
            found.add(name)
            todo += _imported(_path(name))
    return found


def _path(module: str) -> Path:
    return HERE / f"{module}.py"


def _imported(path: Path) -> Iterator[str]:
    """What the module imports at its top; under TYPE_CHECKING nothing is loaded."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def plain_code(text: str) -> str:
    """The lines that do something: the same text whichever Python reads it."""
    said = {number for node in ast.walk(ast.parse(text)) for number in _lines_of_text(node)}
    ends = {
        token.start[0]: token.start[1]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
    lines = [
        line[: ends.get(number)].rstrip()
        for number, line in enumerate(text.splitlines(), 1)
        if number not in said
    ]
    return "".join(f"{line}\n" for line in lines if line)


def _lines_of_text(node: ast.AST) -> range:
    """A string that stands alone has no effect."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return range(0)
    is_text = isinstance(node.value.value, str)
    return range(node.lineno, (node.end_lineno or node.lineno) + 1) if is_text else range(0)
