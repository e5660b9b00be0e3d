"""How an engine reads tool calls and thoughts: parsers of the model and of the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from wingsctl.catalog.engine import EngineProfile, ParserFlag
from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.model_facts import ParserRow
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import applies, version_key
from wingsctl.documents import KeyPath, did_you_mean
from wingsctl.plan.arguments import args_by_flag, flag_path
from wingsctl.plan.draft import Draft

KEYS = {"toolCall": ("toolCalls", "tool calls"), "reasoning": ("reasoning", "thoughts")}
"""Kind of parser -> its key in the profile's `model`, and what it reads."""


@dataclass(frozen=True)
class Needs:
    """A model on an engine; `model` is None where the catalog does not know it."""

    draft: Draft
    profile: Profile
    engine: EngineProfile
    version: str
    model: ModelProfile | None
    derived: Mapping[str, Any] = field(default_factory=dict)
    """Arguments that keys of `model` stand for, by flag."""

    def written(self, flag: str | None) -> Any:
        """The value of a flag, however it is spelled; None where it is not given, or false."""
        args = {**args_by_flag(self.engine, self.profile.engine.args), **self.derived}
        value = args.get(flag or "")
        return None if value is False else value

    def path(self, flag: str) -> KeyPath:
        """Where the profile gives a flag."""
        of = (each for each in self.engine.parsers if flag in (each.flag, _switch_of(self, each)))
        parser = next(of, None)
        if flag in self.derived and parser is not None:
            return ("model", KEYS[parser.kind][0])
        return flag_path(self.engine, self.profile.engine.args, flag)

    @property
    def title(self) -> str:
        """The model in words."""
        return self.model.name if self.model else "the model"

    @property
    def engine_title(self) -> str:
        """Engine and version in words."""
        return f"{self.engine.title} {self.version}"


def with_parsers(needs: Needs) -> Needs:
    """The same with the arguments that `model.toolCalls` and `model.reasoning` stand for."""
    found: dict[str, Any] = {}
    for kind, (key, _) in KEYS.items():
        wanted = _wanted(needs, kind)
        if not wanted:
            continue
        flag = next((each for each in needs.engine.parsers if each.kind == kind), None)
        if flag is None:
            message = f"{needs.engine.title} has no known flag for this"
            needs.draft.refuse(("model", key), message, "write its flags into engine.args")
            continue
        found |= _arguments(needs, flag, wanted)
    return replace(needs, derived=found)


def _wanted(needs: Needs, kind: str) -> bool | str | None:
    section = needs.profile.model
    return section.tool_calls if kind == "toolCall" else section.reasoning


def _arguments(needs: Needs, flag: ParserFlag, wanted: bool | str) -> dict[str, Any]:
    key, _ = KEYS[flag.kind]
    switch = _switch_of(needs, flag)
    twice = [name for name in (flag.flag, switch) if name and needs.written(name) is not None]
    if twice:
        message = f"engine.args.{twice[0]} stands for the same"
        needs.draft.refuse(("model", key), message, "keep one of the two")
        return {}
    name = _chosen(needs, flag) if wanted is True else str(wanted)
    if name is None:
        return {}
    args = {flag.flag: name, **({switch: True} if switch else {})}
    for each, value in args.items():
        needs.draft.decide(f"engine.args.{each}", value, needs.draft.line("model", key))
    return args


def _chosen(needs: Needs, flag: ParserFlag) -> str | None:
    """The model's own parser; None, with a problem, where none is known for this version."""
    having = parser_names(needs, flag)
    own = own_parsers(needs, flag)
    found = next((name for name in own if not having or name in having), None)
    if found is None:
        key, what = KEYS[flag.kind]
        message = f"no parser of {needs.engine_title} is known for the {what} of {needs.title}"
        needs.draft.refuse(("model", key), message, _instead(needs, flag, having))
    return found


def _instead(needs: Needs, flag: ParserFlag, having: list[str]) -> str:
    rows = [row for row in parsers_of(needs.model, flag) if row.engine == needs.engine.name]
    since = [row.since or flag.names[row.name].since for row in rows if row.name in flag.names]
    later = [each for each in since if each and version_key(each) > version_key(needs.version)]
    key, _ = KEYS[flag.kind]
    if later:
        return f"use version {min(later, key=version_key)} or later, or leave the key out"
    return f"leave it out, or name one: model.{key}: NAME, of {', '.join(having) or 'its pages'}"


def parser_names(needs: Needs, flag: ParserFlag) -> list[str]:
    """The parsers that this version has; empty where they are not known."""
    if flag.names:
        return [name for name, bounds in flag.names.items() if applies(bounds, needs.version)]
    table = needs.draft.catalog.flag_table(needs.engine.name, needs.version) or {}
    return [str(each) for each in table.get(f"--{flag.flag}", {}).get("choices") or []]


def parsers_of(model: ModelProfile | None, flag: ParserFlag) -> list[ParserRow]:
    """The rows of a model for tool calls or for thoughts, of every engine."""
    if model is None:
        return []
    return model.tool_call_parser if flag.kind == "toolCall" else model.reasoning_parser


def own_parsers(needs: Needs, flag: ParserFlag) -> list[str]:
    """The model's own parsers that this version has."""
    rows = parsers_of(needs.model, flag)
    return [
        row.name for row in rows if row.engine == needs.engine.name and applies(row, needs.version)
    ]


def check_parsers(needs: Needs) -> None:
    """Parsers that this version does not have, or that are not the model's; lonely switches."""
    for flag in needs.engine.parsers:
        _check_parser(needs, flag)
        _check_switch(needs, flag)


def _check_parser(needs: Needs, flag: ParserFlag) -> None:
    name = needs.written(flag.flag)
    if not isinstance(name, str) or needs.written(flag.plugin) is not None:
        return
    path, having = needs.path(flag.flag), parser_names(needs, flag)
    is_checked_as_choice = not flag.names and flag.flag not in needs.derived
    if having and name not in having and not is_checked_as_choice:
        if needs.draft.is_written("engine", "image", "repository"):
            return
        message = f"{needs.engine_title} has no parser {name!r}"
        needs.draft.refuse(path, message, _having(needs, flag, name))
    elif (own := own_parsers(needs, flag)) and name != "auto" and not _is_one_of(flag, name, own):
        message = f"{name} is not a parser that is known to read what {needs.title} writes"
        needs.draft.warn(path, message, f"its engine's pages give {' or '.join(own)}")


def _having(needs: Needs, flag: ParserFlag, name: str) -> str:
    row = flag.names.get(name)
    if row is not None and row.before and version_key(needs.version) >= version_key(row.before):
        return f"the last known versions that have it are below {row.before}"
    if row is not None:
        return f"the first known version that has it is {row.since}"
    names = parser_names(needs, flag)
    return did_you_mean(name, names) or f"it has {', '.join(names)}"


def _is_one_of(flag: ParserFlag, name: str, own: list[str]) -> bool:
    same = next((group for group in flag.same if name in group), [name])
    return bool(set(same) & set(own))


def _check_switch(needs: Needs, flag: ParserFlag) -> None:
    switch = _switch_of(needs, flag)
    if switch is None or needs.written(switch) is None or needs.written(flag.flag) is not None:
        return
    own = own_parsers(needs, flag)
    hint = f"add engine.args.{flag.flag}: {own[0]}" if own else f"add engine.args.{flag.flag}"
    message = f"--{switch} needs --{flag.flag}: the engine does not start"
    needs.draft.refuse(needs.path(switch), message, hint)


def _switch_of(needs: Needs, flag: ParserFlag) -> str | None:
    """The switch beside the parser's flag, in the versions that want one."""
    is_wanted = flag.switch is not None and applies(flag.switch, needs.version)
    return flag.switch.flag if flag.switch is not None and is_wanted else None
