"""The arguments of an engine -> model, sizes, names, nodes, and what is left as engine.args."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wingsctl.catalog.engine import EngineProfile
from wingsctl.convert.conversion import SECRET_REMEDY, Conversion
from wingsctl.convert.engine.flags import (
    Arguments,
    Option,
    nearest_table,
    parse_arguments,
    typed_value,
)
from wingsctl.convert.engine.keys import OWNED
from wingsctl.convert.engine.option import Setting
from wingsctl.convert.secret_texts import is_secret_name
from wingsctl.convert.words import Variables, Word, settle
from wingsctl.documents import did_you_mean

_INSIDE = ("nodes", "parallelism.data", "replicas")


def read_arguments(conversion: Conversion, words: Sequence[Word], variables: Variables) -> None:
    """All arguments of the workload's engine; `conversion.workload.engine` must be known."""
    engine = conversion.workload.engine
    if engine is None:
        settle(words, "dropped", part="arguments", note="the engine is not known")
        return
    table, is_exact = nearest_table(conversion.catalog, engine, conversion.workload.version)
    found = parse_arguments(table, engine, words)
    _take_model(conversion, found)
    for option in found.options:
        setting = Setting(conversion, engine, option, found, variables)
        _read_option(setting, is_exact=is_exact and bool(table))


def _take_model(conversion: Conversion, found: Arguments) -> None:
    """The model in front of the flags, as `vllm serve MODEL` has it."""
    for word in found.loose:
        if not conversion.workload.model and word.text:
            conversion.workload.model = word.text
            conversion.workload.model_fields = word.fields
            conversion.workload.model_part = "the model"
        elif word.text == conversion.workload.model:
            settle([word], "implied", part="the model", note="the same model again")
        else:
            settle([word], "dropped", part="a word without a flag", note="is not understood")


def _read_option(setting: Setting, *, is_exact: bool) -> None:
    option, engine = setting.option, setting.engine
    owned = engine.owned.get(option.name) or engine.owned.get(option.name.removeprefix("no-"))
    if owned is not None:
        OWNED.get(option.name, OWNED.get(owned.use, _unhandled))(setting)
    elif option.row is None and is_exact:
        setting.drop(*_unknown(setting))
    elif is_secret_name(option.name) and option.texts and not _references(option):
        setting.drop("holds a literal secret", SECRET_REMEDY)
    elif any(each not in setting.variables.by_name for each in _references(option)):
        setting.drop("uses a variable that the input does not set", "write its value")
    else:
        _carry_argument(setting)


def _references(option: Option) -> list[str]:
    return [name for word in option.words for name in word.references]


def _unhandled(setting: Setting) -> None:
    use = setting.engine.owned[setting.option.name].use
    setting.drop("wingsctl sets this itself", f"use {use}")


def _unknown(setting: Setting) -> tuple[str, str]:
    engine, name = setting.engine, setting.option.name
    version = setting.conversion.workload.version
    renamed = engine.renamed.get(name)
    table, _ = nearest_table(setting.conversion.catalog, engine, version)
    near = did_you_mean(name, [each[2:] for each in table])
    use = f"use {renamed.use}" if renamed and renamed.use else near or "leave it out"
    return f"{engine.title} {version} has no such flag", use


def _carry_argument(setting: Setting) -> None:
    option = setting.option
    launch = _launch_refusal(setting)
    if launch:
        setting.imply(launch)
        return
    value: Any = typed_value(option)
    if _references(option):
        value = {"expand": " ".join(option.texts)}
    elif value is False:
        setting.imply("false is the same as to leave it out")
        return
    setting.put(("engine", "args", option.name), value)


def _launch_refusal(setting: Setting) -> str:
    """Ray and what else wingsctl's own groups do without."""
    name, texts = setting.option.name, setting.option.texts
    if name == "distributed-executor-backend" and texts == ["ray"]:
        setting.conversion.workload.uses_ray = True
        return "groups of pods start without Ray"
    if name == "distributed-executor-backend" and texts == ["mp"]:
        return "is what wingsctl's groups and single pods use"
    return "groups of pods start without Ray" if name == "use-ray" else ""


def set_engine(conversion: Conversion, name: str) -> EngineProfile | None:
    """Makes an engine of the catalog the workload's; None where the catalog has none of it."""
    entry = conversion.catalog.engine(name)
    if entry is None:
        return None
    conversion.workload.engine = entry.profile
    conversion.draft.put("engine.name", entry.profile.name)
    return entry.profile
