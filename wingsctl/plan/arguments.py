"""What the profile's arguments say about memory, under one name for each fact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.engine_memory import MemoryFact
from wingsctl.documents import KeyPath


@dataclass(frozen=True)
class Arguments:
    """The engine's arguments that bear on memory; flags are those of its `memory_flags`.

    A flag `outer.inner` is a key of the JSON argument `outer`, however the profile writes it.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[MemoryFact, list[str]] = field(default_factory=dict)

    def get(self, fact: MemoryFact) -> Any:
        """The value of the first flag for this fact that is given; None without one."""
        found = (self._value(flag) for flag in self.flags.get(fact, []))
        return next((each for each in found if each is not None), None)

    def has(self, fact: MemoryFact) -> bool:
        """Whether a switch is on."""
        value = self.get(fact)
        return value is not None and str(value).lower() not in ("false", "none", "")

    def whole(self, fact: MemoryFact) -> int | None:
        """A whole number above 0; None for anything else."""
        return whole(self.get(fact))

    def share(self, fact: MemoryFact) -> float | None:
        """A number above 0 and up to 1; None for anything else."""
        return share(self.get(fact))

    def mapping(self, fact: MemoryFact) -> dict[str, Any]:
        """A JSON object, from text, nested keys or dotted flags."""
        found: dict[str, Any] = {}
        for flag in self.flags.get(fact, []):
            found |= object_argument(self.given, flag)
        return found

    def _value(self, flag: str) -> Any:
        outer, _, inner = flag.partition(".")
        if not inner:
            return self.given.get(flag)
        for name in (flag, f"{outer}.{inner.replace('_', '-')}"):
            if name in self.given:
                return self.given[name]
        return as_mapping(self.given.get(outer)).get(inner)


def memory_arguments(engine: EngineProfile, args: Mapping[str, Any]) -> Arguments:
    """Those of a profile for an engine."""
    return Arguments(args_by_flag(engine, args), engine.memory_flags)


def args_by_flag(engine: EngineProfile, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments under the names that the engine's flags have."""
    if not engine.underscores:
        return dict(args)
    found: dict[str, Any] = {}
    for name, value in args.items():
        outer, dot, inner = name.partition(".")
        found[f"{outer.replace('_', '-')}{dot}{inner}"] = value
    return found


def flag_path(engine: EngineProfile, args: Mapping[str, Any], flag: str) -> KeyPath:
    """Where `engine.args` has a flag, however it is spelled; the section where it has none."""
    spelled = next((name for name in args if flag in args_by_flag(engine, {name: None})), None)
    return ("engine", "args") if spelled is None else ("engine", "args", spelled)


def object_argument(given: Mapping[str, Any], flag: str) -> dict[str, Any]:
    """A JSON object, with the dotted flags that reach into it; empty where it is none."""
    found = as_mapping(given.get(flag))
    for name, value in given.items():
        if name.startswith(f"{flag}."):
            _put(found, name.removeprefix(f"{flag}.").split("."), value)
    return found


def as_mapping(value: object) -> dict[str, Any]:
    """A JSON object given as text or as YAML; empty where it is neither."""
    if isinstance(value, Mapping):
        return dict(value)
    try:
        found = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _put(into: dict[str, Any], path: list[str], value: object) -> None:
    for name in path[:-1]:
        inner = into.get(name)
        into[name] = dict(inner) if isinstance(inner, dict) else {}
        into = into[name]
    into[path[-1]] = _parsed(value)


def _parsed(value: object) -> object:
    """A dotted flag's text as the engine's JSON reads it; other text stays text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def whole(value: object) -> int | None:
    """A whole number above 0; None for anything else."""
    text = str(value)
    is_whole = not isinstance(value, bool) and text.isascii() and text.isdigit()
    return int(text) if is_whole and len(text) < 20 and int(text) > 0 else None


def share(value: object) -> float | None:
    """A number above 0 and up to 1; None for anything else."""
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if 0 < found <= 1 else None
