"""The engine's argv: the part wingsctl writes, and the checks of what the user writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wingsctl.catalog.engine import EngineProfile, Feature
from wingsctl.catalog.flag_table import FlagTable
from wingsctl.catalog.versions import first_row, version_key
from wingsctl.documents import MAX_PROBLEMS, KeyPath, did_you_mean
from wingsctl.plan.deployment import Length
from wingsctl.plan.draft import Draft
from wingsctl.plan.length import takes_auto, without_length

_ARGS: KeyPath = ("engine", "args")


def build_command(
    draft: Draft,
    engine: EngineProfile,
    version: str,
    features: Mapping[Feature, object],
    launch: Sequence[str],
    max_length: Length,
) -> list[str]:
    """The tokens before the user's arguments; `$(NAME)` is left to Kubernetes.

    The options of the features, and what a group's pods have more, go in front of the
    command's last two tokens, which are the served name's flag and value: further served
    names follow directly.
    """
    source = draft.sources["engine"]
    row = first_row(engine.commands, version)
    if row is None:
        draft.refuse(("engine", "version"), f"{engine.title} {version} has no known command")
        return []
    tokens = [
        token
        for feature, value in features.items()
        for token in _option(draft, engine, version, feature, str(value))
    ]
    leaves_out = max_length == "auto" and not takes_auto(engine, version)
    argv = without_length(row.argv) if leaves_out else row.argv
    command = [*argv[:-2], *tokens, *launch, *argv[-2:]]
    since = f", the form {_range(row.since, row.before)}"
    return draft.decide("engine.command", command, source + since)


def _range(since: str | None, before: str | None) -> str:
    parts = [f"from {since}" if since else "", f"below {before}" if before else ""]
    return " ".join(part for part in parts if part) or "of every version"


def _option(
    draft: Draft, engine: EngineProfile, version: str, feature: Feature, value: str
) -> list[str]:
    row = first_row(engine.options.get(feature, []), version)
    if row is None:
        draft.refuse(FEATURE_PATHS[feature], f"{engine.title} {version} has no option for this")
        return []
    if row.argv[1:] == ["{value}"]:
        _check_choice(draft, engine, version, feature, value)
    return [token.replace("{value}", value.replace("$", "$$")) for token in row.argv]


def _check_choice(
    draft: Draft, engine: EngineProfile, version: str, feature: Feature, value: str
) -> None:
    """Values of a feature that the flag does not list; an image of one's own may add some."""
    flag, choices = feature_choices(draft, engine, version, feature)
    if not choices or value in choices:
        return
    report = draft.warn if draft.is_written("engine", "image", "repository") else draft.refuse
    hint = did_you_mean(value, choices) or f"choices: {', '.join(choices)}"
    message = f"{flag} does not take {value!r} in {engine.title} {version}"
    report(FEATURE_PATHS[feature], message, hint)


def feature_choices(
    draft: Draft, engine: EngineProfile, version: str, feature: Feature
) -> tuple[str | None, list[str]]:
    """The flag of a feature, None where this version has none, and the values it lists."""
    row = first_row(engine.options.get(feature, []), version)
    if row is None:
        return None, []
    table = draft.catalog.flag_table(engine.name, version) or {}
    choices = table.get(row.argv[0], {}).get("choices") or []
    return row.argv[0], [str(choice) for choice in choices]


FEATURE_PATHS: dict[Feature, KeyPath] = {
    "revision": ("model", "source"),
    "quantization": ("model", "quantization"),
    "kvCacheType": ("model", "kvCacheType"),
    "chatTemplate": ("model", "chatTemplate"),
    "pipeline": ("parallelism", "pipeline"),
    "data": ("parallelism", "data"),
    "expert": ("parallelism", "expert"),
}


def check_args(
    draft: Draft,
    engine: EngineProfile,
    version: str,
    args: Mapping[str, Any],
    where: KeyPath = _ARGS,
) -> None:
    """Owned flags, spellings that collide, and flags that this version does not have."""
    seen: dict[str, str] = {}
    table = _table(draft, engine, version) if args or where == _ARGS else None
    enough = len(draft.problems) + MAX_PROBLEMS
    for written, value in args.items():
        flag = written.replace("_", "-") if engine.underscores else written
        path = (*where, written)
        if len(draft.problems) >= enough:
            draft.refuse(
                path, "the arguments from here on are not checked", "repair the others first"
            )
            break
        if flag in seen:
            draft.refuse(path, f"is the same flag as {seen[flag]}", "keep one of the two")
        elif (owned := _owned(engine, flag)) is not None:
            draft.refuse(path, "is set by wingsctl", f"use {owned} instead")
        elif value is None or value is False:
            continue
        elif table is not None:
            _check_flag(draft, engine, version, table, path, flag, value)
        seen[flag] = written


def _owned(engine: EngineProfile, flag: str) -> str | None:
    stem = flag.split(".", 1)[0]
    names = (flag, stem, flag.removeprefix("no-"), flag.replace("_", "-"))
    row = next((engine.owned[name] for name in names if name in engine.owned), None)
    return row.use if row else None


def _table(draft: Draft, engine: EngineProfile, version: str) -> FlagTable | None:
    table = draft.catalog.flag_table(engine.name, version)
    if table is not None:
        return table
    having = [v for v in engine.versions if draft.catalog.flag_table(engine.name, v) is not None]
    draft.warn(
        ("engine", "version") if draft.is_written("engine", "version") else ("engine",),
        f"no flag table for {engine.title} {version}: its arguments are not checked",
        f"versions with one: {', '.join(having)}"
        if having
        else f"put one into engines/flags/{engine.name}-{version}.json of your catalog",
    )
    return None


def _check_flag(
    draft: Draft,
    engine: EngineProfile,
    version: str,
    table: FlagTable,
    path: KeyPath,
    flag: str,
    value: object,
) -> None:
    row = find_flag(table, flag)
    if row is None:
        message, hint = _unknown(draft, engine, version, table, flag)
        draft.refuse(path, message, hint)
    elif value is True and not is_switch(row):
        draft.refuse(path, f"--{flag} takes a value", "write the value instead of true")
    elif row.get("type") == "bool" and not row.get("nargs") and not isinstance(value, bool):
        draft.refuse(path, f"--{flag} is a switch and takes no value", "write true or false")
    elif row.get("choices") and isinstance(value, str) and value not in row["choices"]:
        choices = [str(choice) for choice in row["choices"]]
        hint = did_you_mean(value, choices) or f"choices: {', '.join(choices)}"
        draft.refuse(path, f"--{flag} does not take {value!r} in {engine.title} {version}", hint)
    elif row.get("deprecated"):
        renamed = engine.renamed.get(flag)
        hint = f"use {renamed.use}" if renamed and renamed.use else ""
        draft.warn(path, f"--{flag} is deprecated in {engine.title} {version}", hint)


def find_flag(table: FlagTable, flag: str) -> Mapping[str, Any] | None:
    """The row of a flag, of the flag it negates, or of the object it reaches into."""
    name = f"--{flag}"
    if name in table:
        return table[name]
    positive = "--" + flag.removeprefix("no-")
    if flag.startswith("no-") and table.get(positive, {}).get("negatable"):
        return table[positive]
    stem = name.split(".", 1)[0]
    return table.get(stem) if "." in flag and table.get(stem, {}).get("type") == "json" else None


def is_switch(row: Mapping[str, Any]) -> bool:
    """Whether a flag may be given without a value."""
    action = str(row.get("action", ""))
    optional_value = row.get("nargs") in ("?", "*")
    return row.get("type", "bool") == "bool" or "store" in action.lower() or optional_value


def _unknown(
    draft: Draft, engine: EngineProfile, version: str, table: FlagTable, flag: str
) -> tuple[str, str]:
    renamed = engine.renamed.get(flag)
    if renamed and version_key(version) >= version_key(renamed.gone):
        return (
            f"--{flag} is gone from {engine.title} since {renamed.gone}",
            f"use {renamed.use}" if renamed.use else "leave it out: there is no successor",
        )
    having = [
        v
        for v in engine.versions
        if find_flag(draft.catalog.flag_table(engine.name, v) or {}, flag)
    ]
    message = f"{engine.title} {version} has no flag --{flag}"
    if having and version_key(having[-1]) < version_key(version):
        return message, f"the last known version that has it is {having[-1]}"
    if having:
        return message, f"the first known version that has it is {having[0]}"
    near = did_you_mean(flag, [name[2:] for name in table])
    return message, near or f"leave it out, or look it up: {engine.homepage or engine.title}"


def repeatable_flags(table: FlagTable | None) -> list[str]:
    """Flags that are written once per item of a list instead of once for all items."""
    rows = (table or {}).items()
    return sorted(name[2:] for name, row in rows if "append" in str(row.get("action", "")))
