"""Shell text -> simple commands of words, as far as it is that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "variable", "opaque"]
_VARIABLE = re.compile(
    r"\$(?:\{([A-Za-z_]\w*|[0-9@*#?])(?:(:?[-=])([^}$`]*))?\}|([A-Za-z_]\w*|[0-9@*#?]))"
)
_OPERATORS = ("&&", "||", ";;", ">>", "<<", ">&", "<(", "|", "&", ";", "(", ")", "<", ">", "\n")
_REDIRECTIONS = (">>", "<<", ">&", "<(", "<", ">")
_HERE = re.compile(
    r"<<-?[ \t]*['\"]?(\w+)['\"]?([^\n]*)\n(?:.*?\n)??[ \t]*\1[ \t]*(?=\n|$)", re.DOTALL
)
_SPACE = " \t\r"


@dataclass(frozen=True)
class Piece:
    """A part of a word: text, a variable with its default, or what only a shell can compute."""

    kind: Kind
    text: str
    default: str | None = None
    is_quoted: bool = False
    assigns: bool = False
    """`${NAME:=default}`, which sets the variable."""


@dataclass
class ShellWord:
    """One word as it is written, and its line counted from 0."""

    pieces: list[Piece]
    line: int
    is_quoted: bool = False


@dataclass
class SimpleCommand:
    """Words up to an operator; `operator` is the one that follows."""

    words: list[ShellWord] = field(default_factory=list)
    operator: str = ""


class UnreadableShellError(ValueError):
    """Quotes or brackets are not closed: the message says which, and holds nothing of the text."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def parse_shell(text: str) -> list[SimpleCommand]:
    """The simple commands of a script in their order.

    Raises UnreadableShellError where a quote or a `$(` is not closed.
    """
    commands = [SimpleCommand()]
    is_target = False
    for token in _Scanner(_HERE.sub(_blank, text)).tokens():
        if isinstance(token, str) and token in _REDIRECTIONS:
            is_target = True
            _drop_descriptor(commands[-1])
        elif isinstance(token, str):
            commands[-1].operator = token
            commands.append(SimpleCommand())
        elif not is_target:
            commands[-1].words.append(token)
        is_target = is_target and isinstance(token, str) and token in _REDIRECTIONS
    return [each for each in commands if each.words]


def _drop_descriptor(command: SimpleCommand) -> None:
    """The 2 of `2>&1`."""
    last = command.words[-1] if command.words else None
    if last and len(last.pieces) == 1 and last.pieces[0].text in ("1", "2"):
        command.words.pop()


def _blank(found: re.Match[str]) -> str:
    """A here-document without its text, on as many lines."""
    return found[2] + "\n" * found[0].count("\n")


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\\\r\n", "\\\n")
        self.at = 0
        self.line = 0

    def tokens(self) -> Iterator[ShellWord | str]:
        while self.at < len(self.text):
            if self._skipped():
                continue
            operator = next((o for o in _OPERATORS if self.text.startswith(o, self.at)), None)
            if operator is None:
                yield self._word()
                continue
            self.at += len(operator)
            if operator == "\n":
                self.line += 1
            yield operator

    def _skipped(self) -> bool:
        """Space, a line that goes on, a comment."""
        rest = self.text[self.at : self.at + 2]
        if rest[0] in _SPACE:
            self.at += 1
        elif rest == "\\\n":
            self.at += 2
            self.line += 1
        elif rest[0] == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        else:
            return False
        return True

    def _word(self) -> ShellWord:
        word = ShellWord([], self.line)
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in _SPACE or char in ";&|()<>\n":
                break
            self._piece(word, char)
        return word

    def _piece(self, word: ShellWord, char: str) -> None:
        if char == "'":
            word.is_quoted = True
            word.pieces.append(Piece("text", self._until("'"), is_quoted=True))
        elif char == '"':
            word.is_quoted = True
            self._double_quoted(word)
        elif char == "\\":
            self._escaped(word)
        elif char in "$`":
            word.pieces.append(self._expansion(is_quoted=False))
        else:
            self.at += 1
            word.pieces.append(Piece("text", char))

    def _escaped(self, word: ShellWord) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following == "\n":
            self.line += 1
        else:
            word.pieces.append(Piece("text", following, is_quoted=True))

    def _until(self, quote: str) -> str:
        end = self.text.find(quote, self.at + 1)
        if end < 0:
            message = "a quote is not closed"
            raise UnreadableShellError(message, self.line)
        inner = self.text[self.at + 1 : end]
        self.line += inner.count("\n")
        self.at = end + 1
        return inner

    def _double_quoted(self, word: ShellWord) -> None:
        start = self.line
        self.at += 1
        word.pieces.append(Piece("text", "", is_quoted=True))
        while self.at < len(self.text) and self.text[self.at] != '"':
            char = self.text[self.at]
            if char == "\\" and self.text[self.at + 1 : self.at + 2] in ('"', "\\", "$", "`", "\n"):
                self._escaped(word)
            elif char in "$`":
                word.pieces.append(self._expansion(is_quoted=True))
            else:
                self.at += 1
                self.line += char == "\n"
                word.pieces.append(Piece("text", char, is_quoted=True))
        if self.at >= len(self.text):
            message = "a quote is not closed"
            raise UnreadableShellError(message, start)
        self.at += 1

    def _expansion(self, *, is_quoted: bool) -> Piece:
        if self.text[self.at] == "`":
            return Piece("opaque", self._until("`"), is_quoted=is_quoted)
        found = _VARIABLE.match(self.text, self.at)
        if found:
            self.at = found.end()
            name = found[1] or found[4]
            assigns = (found[2] or "").endswith("=")
            return Piece("variable", name, found[3], is_quoted, assigns)
        if self.text.startswith(("$(", "${"), self.at):
            return self._bracketed(is_quoted=is_quoted)
        self.at += 1
        return Piece("text", "$", is_quoted=is_quoted)

    def _bracketed(self, *, is_quoted: bool) -> Piece:
        start, depth = self.at, 0
        opening = self.text[self.at + 1]
        closing = {"(": ")", "{": "}"}[opening]
        self.at += 1
        while self.at < len(self.text):
            depth += (self.text[self.at] == opening) - (self.text[self.at] == closing)
            self.line += self.text[self.at] == "\n"
            self.at += 1
            if depth == 0:
                return Piece("opaque", self.text[start : self.at], is_quoted=is_quoted)
        message = f"a $ {opening} is not closed"
        raise UnreadableShellError(message, self.line)
