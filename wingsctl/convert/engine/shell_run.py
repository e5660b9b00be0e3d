"""What a script would run: its variables followed, its commands as words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wingsctl.convert.engine.shell_text import (
    Piece,
    ShellWord,
    SimpleCommand,
    UnreadableShellError,
    parse_shell,
)
from wingsctl.convert.fields import Fields
from wingsctl.convert.words import Variable, Variables, Word

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_KEYWORDS = {"if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case",
             "esac", "{", "}", "function", "[", "[[", "test", "!", "select", "in"}  # fmt: skip
_BLOCK_WORDS = {"then", "else", "elif", "do", "if", "while", "until", "!", "{"}
OPAQUE = "$(...)"
"""Stands for what only a shell can compute."""


@dataclass(frozen=True)
class ShellCommand:
    """A command of a script: its words, whether it stands in a block, how it ends."""

    words: list[Word]
    is_in_block: bool
    operator: str


@dataclass
class ShellRun:
    """All commands of a script, and the variables that it sets."""

    commands: list[ShellCommand] = field(default_factory=list)
    own: dict[str, Variable] = field(default_factory=dict)
    """Variables of the script alone."""
    exported: dict[str, Variable] = field(default_factory=dict)
    """Variables that its commands get."""


def run_shell(text: str, fields: Fields, variables: Variables, positional: list[str]) -> ShellRun:
    """Follows assignments and exports; `positional` are `$0`, `$1` and so on.

    Raises UnreadableShellError.
    """
    runner = _Runner(fields, Variables(dict(variables.by_name)), positional)
    for command in parse_shell(text):
        runner.take(command)
    return runner.run


class _Runner:
    def __init__(self, fields: Fields, variables: Variables, positional: list[str]) -> None:
        self.whole = self.fields = fields
        self.first_line = fields.line or int("\n" in fields.text() and fields.path != ())
        """The text of a YAML block starts on the line below its key."""
        self.variables = variables
        self.positional = positional
        self.run = ShellRun()
        self.depth = 0

    def take(self, command: SimpleCommand) -> None:
        words = command.words
        first = _plain(words[0])
        self.depth += first in ("if", "for", "while", "until", "case")
        in_block = self.depth > 0
        self.depth -= first in ("fi", "done", "esac")
        while words and _plain(words[0]) in _BLOCK_WORDS:
            words = words[1:]
        if not words:
            return
        self.fields = self.whole.on_line(self.first_line + words[0].line)
        expanded = [(each, word.line) for word in words for each in self.expand(word)]
        while len(expanded) > 1 and _ASSIGNMENT.fullmatch(expanded[0][0]):
            self.assign(["export", expanded[0][0]], in_block=in_block)
            expanded = expanded[1:]
        texts = [text for text, _ in expanded]
        if not self.assign(texts, in_block=in_block) and expanded:
            found = [
                Word(text, self.whole.on_line(self.first_line + line), is_part=True)
                for text, line in expanded
            ]
            self.run.commands.append(ShellCommand(found, in_block, command.operator))

    def assign(self, words: list[str], *, in_block: bool) -> bool:
        """Whether the command only sets variables; what it sets is kept."""
        is_export = words[:1] in (["export"], ["readonly"], ["local"], ["declare"])
        rest = [each for each in words[is_export:] if not each.startswith("-")]
        found = [_ASSIGNMENT.fullmatch(each) for each in rest]
        bare = [each for each, match in zip(rest, found, strict=True) if match is None]
        if bare and not is_export:
            return False
        for match in filter(None, found):
            self.keep(match[1], match[2], is_export=is_export, in_block=in_block)
        for name in bare:
            if name in self.run.own:
                self.run.exported[name] = self.run.own.pop(name)
        return bool(found) or is_export

    def keep(self, name: str, text: str, *, is_export: bool, in_block: bool) -> None:
        """One assignment; a reference to itself is what it was."""
        variable = Variable(text.replace(f"$({name})", ""), self.fields.as_part(name))
        known = self.variables.by_name.get(name)
        if known is not None and known.secret and text == f"$({name})":
            return
        if in_block:
            note = "a condition sets it: the last value is taken"
            self.fields.dropped(note, "check it", part=f"{name} in a condition")
        self.variables.by_name[name] = variable
        target = self.run.exported if is_export or name in self.run.exported else self.run.own
        target[name] = variable

    def expand(self, word: ShellWord) -> list[str]:
        """The word as text; an unquoted variable may be several words, or none."""
        parts: list[str] = [""]
        for piece in word.pieces:
            text = self.piece(piece)
            if piece.kind == "variable" and not piece.is_quoted:
                split = text.split()
                if not split:
                    continue
                parts[-1] += split[0]
                parts += split[1:]
            else:
                parts[-1] += text
        return parts if parts != [""] or word.is_quoted else []

    def piece(self, piece: Piece) -> str:
        if piece.kind == "text":
            return piece.text
        if piece.kind == "opaque":
            kubernetes = re.fullmatch(r"\$\(([A-Z_][A-Z0-9_]*)\)", piece.text)
            return self.variable(kubernetes[1], None) if kubernetes else OPAQUE
        if piece.text.isdigit():
            place = int(piece.text)
            found = self.positional[place] if place < len(self.positional) else ""
            return found or piece.default or ""
        text = self.variable(piece.text, piece.default)
        if piece.assigns and piece.text not in self.variables.by_name:
            self.keep(piece.text, text, is_export=False, in_block=False)
        return text

    def variable(self, name: str, default: str | None) -> str:
        known = self.variables.text(name)
        if known is not None and (known or default is None):
            return known
        if name in self.variables.by_name and known is None:
            return f"$({name})"
        return default if default is not None else f"$({name})"


def _plain(word: ShellWord) -> str:
    if word.is_quoted:
        return ""
    return "".join(each.text for each in word.pieces if each.kind == "text")


__all__ = ["OPAQUE", "ShellCommand", "ShellRun", "UnreadableShellError", "run_shell"]
