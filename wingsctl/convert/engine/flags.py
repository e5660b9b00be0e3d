"""The arguments of an engine -> options, by the flag table of its version."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.flag_table import FlagTable
from wingsctl.catalog.versions import version_key
from wingsctl.convert.words import Word
from wingsctl.plan.engine_args import find_flag, is_switch

_FLAG = re.compile(r"--?[A-Za-z]")
_SHORT = re.compile(r"-[A-Za-z]")


@dataclass
class Option:
    """One flag as it was given: `name` without dashes, in the table's spelling.

    `written` is the flag as typed; `row` its facts, None where the table has no such flag.
    """

    name: str
    written: str
    words: list[Word]
    texts: list[str] = field(default_factory=list)
    row: Mapping[str, Any] | None = None


@dataclass
class Arguments:
    """What a command line gives: options in their order, and words without a flag."""

    options: list[Option] = field(default_factory=list)
    loose: list[Word] = field(default_factory=list)


def nearest_table(catalog: Catalog, engine: EngineProfile, version: str) -> tuple[FlagTable, bool]:
    """The flag table of a version, or of the nearest known one below; and whether it is exact."""
    known = [each for each in engine.versions if catalog.flag_table(engine.name, each) is not None]
    try:
        below = [each for each in known if version_key(each) <= version_key(version)]
    except ValueError:
        below = known
    chosen = (below or known[:1] or [version])[-1]
    return catalog.flag_table(engine.name, chosen) or {}, chosen == version


def parse_arguments(table: FlagTable, engine: EngineProfile, words: Sequence[Word]) -> Arguments:
    """Options with their values, as the engine's own parser takes them apart."""
    parser = _Parser(table, engine)
    return parser.parse(list(words))


class _Parser:
    def __init__(self, table: FlagTable, engine: EngineProfile) -> None:
        self.table = table
        self.engine = engine
        self.short = {
            short: name[2:] for name, row in table.items() for short in row.get("short") or []
        }

    def parse(self, words: list[Word]) -> Arguments:
        found = Arguments()
        while words:
            word = words.pop(0)
            if word.text == "--":
                found.loose += words
                break
            if not _FLAG.match(word.text):
                found.loose.append(word)
                continue
            option = self.option(word)
            self.take_values(option, words)
            found.options.append(option)
        return found

    def option(self, word: Word) -> Option:
        """The flag, and the value that is written to it with `=`."""
        written, equals, value = word.text.partition("=")
        name = self.name(written)
        if not equals and _SHORT.match(written) and not written.startswith("--"):
            name, value = self.attached(written, name)
        name, row = self.row(name)
        option = Option(name, written, [word], row=row)
        if equals or value:
            option.texts.append(value)
        return option

    def row(self, name: str) -> tuple[str, Mapping[str, Any] | None]:
        """The facts of a flag, under its own name where this is another name of it."""
        row = find_flag(self.table, name)
        own = str(row.get("alias_of") or "") if row else ""
        return (own[2:], self.table.get(own)) if own else (name, row)

    def name(self, written: str) -> str:
        """The table's name of a flag: of a short form, or one with underscores, or cut off."""
        if written in self.short:
            return self.short[written]
        name = written.lstrip("-")
        outer, dot, inner = name.partition(".")
        name = f"{outer.replace('_', '-') if self.engine.underscores else outer}{dot}{inner}"
        if find_flag(self.table, name) is not None or name in self.engine.owned:
            return name
        longer = [each[2:] for each in self.table if each.startswith(f"--{name}")]
        return longer[0] if len(longer) == 1 and len(name) > 3 else name

    def attached(self, written: str, name: str) -> tuple[str, str]:
        """`-O3`: a short flag and its value in one word."""
        starts = [each for each in self.short if written.startswith(each)]
        if not starts or written in self.short:
            return name, ""
        longest = max(starts, key=len)
        return self.short[longest], written.removeprefix(longest)

    def take_values(self, option: Option, words: list[Word]) -> None:
        """The words behind a flag that are its values."""
        if option.texts:
            return
        row = option.row
        nargs = str(row.get("nargs") or "") if row else ""
        if row is not None and is_switch(row) and nargs not in ("?", "*", "+"):
            self.take_truth(option, words)
            return
        most = {"+": 10_000, "*": 10_000}.get(nargs, int(nargs) if nargs.isdigit() else 1)
        while words and len(option.texts) < most and not _FLAG.match(words[0].text):
            word = words.pop(0)
            option.words.append(word)
            option.texts.append(word.text)

    def take_truth(self, option: Option, words: list[Word]) -> None:
        """Some write `--enable-x true`, which the engine refuses or takes for a model."""
        if words and words[0].text.lower() in ("true", "false"):
            word = words.pop(0)
            option.words.append(word)
            option.texts.append(word.text)


def typed_value(option: Option) -> Any:
    """The value for `engine.args`: true, a number, a text, a list, or an object."""
    row = option.row or {}
    values = [_typed(str(row.get("type", "")), text) for text in option.texts]
    if not values:
        return True
    if row.get("nargs") in ("+", "*") or "append" in str(row.get("action", "")):
        return values
    return values[0] if len(values) == 1 else values


def _typed(kind: str, text: str) -> Any:
    if kind == "json" and text[:1] in "[{":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    if kind == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "int" and re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    if kind == "float" and re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,12})?", text):
        return float(text) if "." in text else int(text)
    return text
