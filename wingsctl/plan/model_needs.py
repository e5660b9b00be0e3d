"""What is known about a model beside its sizes, against what the profile asks of the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from wingsctl.catalog.engine import EngineProfile, ParserFlag
from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.model_facts import ParserRow
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import applies, version_key
from wingsctl.documents import did_you_mean
from wingsctl.plan.draft import Draft

_ARGS = ("engine", "args")
_NO_CHAT = ("embedding", "score", "reward", "transcription")


@dataclass(frozen=True)
class Needs:
    """A model on an engine; `model` is None where the catalog does not know it."""

    draft: Draft
    profile: Profile
    engine: EngineProfile
    version: str
    model: ModelProfile | None

    def written(self, flag: str | None) -> Any:
        """The value of a flag in engine.args, however it is spelled; None where it is not given."""
        return next((each for name, each in self._args() if name == flag), None)

    def _args(self) -> Iterator[tuple[str, Any]]:
        for name, value in self.profile.engine.args.items():
            if value is not None and value is not False:
                yield (name.replace("_", "-") if self.engine.underscores else name), value

    def path(self, flag: str) -> tuple[str, ...]:
        """Where the profile has a flag."""
        for name in self.profile.engine.args:
            if name in (flag, flag.replace("-", "_")):
                return (*_ARGS, name)
        return _ARGS


def check_needs(needs: Needs) -> None:
    """Parsers, the hub's gate, required arguments, and chat where the model has none."""
    for flag in needs.engine.parsers:
        _check_parser(needs, flag)
        _check_switch(needs, flag)
    if needs.model is not None:
        _record(needs, needs.model)
        _check_gate(needs, needs.model)
        _check_required(needs, needs.model)
        _check_chat(needs, needs.model)


def parsers_of(model: ModelProfile | None, flag: ParserFlag) -> list[ParserRow]:
    """The rows of a model for tool calls or for thoughts, of every engine."""
    if model is None:
        return []
    return model.tool_call_parser if flag.kind == "toolCall" else model.reasoning_parser


def _names(needs: Needs, flag: ParserFlag) -> list[str]:
    """The model's own parsers that this version has."""
    rows = parsers_of(needs.model, flag)
    return [
        row.name for row in rows if row.engine == needs.engine.name and applies(row, needs.version)
    ]


def _check_parser(needs: Needs, flag: ParserFlag) -> None:
    name = needs.written(flag.flag)
    if not isinstance(name, str) or needs.written(flag.plugin) is not None:
        return
    path, known = needs.path(flag.flag), flag.names
    if known and not (name in known and applies(known[name], needs.version)):
        if needs.draft.is_written("engine", "image", "repository"):
            return
        message = f"{needs.engine.title} {needs.version} has no parser {name!r}"
        needs.draft.refuse(path, message, _having(needs, flag, name))
    elif (own := _names(needs, flag)) and name != "auto" and not _is_one_of(flag, name, own):
        message = f"{name} is not a parser that is known to read what {_model(needs)} writes"
        needs.draft.warn(path, message, f"its engine's pages give {' or '.join(own)}")


def _having(needs: Needs, flag: ParserFlag, name: str) -> str:
    row = flag.names.get(name)
    if row is not None and row.before and version_key(needs.version) >= version_key(row.before):
        return f"the last known versions that have it are below {row.before}"
    if row is not None:
        return f"the first known version that has it is {row.since}"
    names = [each for each, bounds in flag.names.items() if applies(bounds, needs.version)]
    return did_you_mean(name, names) or f"it has {', '.join(names)}"


def _is_one_of(flag: ParserFlag, name: str, own: list[str]) -> bool:
    same = next((group for group in flag.same if name in group), [name])
    return bool(set(same) & set(own))


def _check_switch(needs: Needs, flag: ParserFlag) -> None:
    if flag.switch is None or needs.written(flag.switch) is None:
        return
    if needs.written(flag.flag) is None:
        own = _names(needs, flag)
        hint = f"add engine.args.{flag.flag}: {own[0]}" if own else f"add engine.args.{flag.flag}"
        message = f"--{flag.switch} needs --{flag.flag}: the engine does not start"
        needs.draft.refuse(needs.path(flag.switch), message, hint)


def _record(needs: Needs, model: ModelProfile) -> None:
    """Show each fact in the plan with its source, or as unknown."""
    gate = {True: "needs a token", False: "open"}
    known = gate[model.gate.needs_token] if model.gate else "unknown"
    needs.draft.decide("model.gate", known, model.gate.source if model.gate else "no source")
    for flag in needs.engine.parsers:
        rows = [row for row in parsers_of(model, flag) if row.engine == needs.engine.name]
        names = ", ".join(_names(needs, flag)) or "unknown"
        source = rows[0].source if rows and names != "unknown" else "no source"
        needs.draft.decide(f"model.{flag.kind}Parser", names, source)


def _check_gate(needs: Needs, model: ModelProfile) -> None:
    source = needs.profile.model.source
    hub = source.huggingface if source else None
    is_hub = source is None or hub is not None
    if not (is_hub and model.gate and model.gate.needs_token):
        return
    other = hub is not None and hub.repo is not None and hub.repo.lower() != model.name.lower()
    access = needs.engine.hubs.get("huggingface")
    has_env = access is not None and access.token_env in needs.profile.engine.env
    if other or has_env or (hub is not None and hub.token_secret is not None):
        return
    path = ("model", "source", "huggingface") if hub is not None else ("model",)
    needs.draft.warn(
        path,
        f"the hub gives {model.name} only to accounts that accepted its terms: the download "
        "fails without a token",
        "accept them on its page, and give model.source.huggingface.tokenSecret: {name: SECRET}",
    )


def _check_required(needs: Needs, model: ModelProfile) -> None:
    for row in model.required_args:
        if row.engine != needs.engine.name or not applies(row, needs.version):
            continue
        lacking = {flag: each for flag, each in row.args.items() if needs.written(flag) is None}
        if lacking:
            needs.draft.warn(
                _ARGS if needs.draft.is_written(*_ARGS) else ("engine",),
                f"{model.name} may not load without {_flags(lacking)} ({row.source})",
                f"add engine.args: {{{_yaml(lacking)}}}, after reading what it allows",
            )


def _flags(args: Mapping[str, Any]) -> str:
    shown = {flag: "" if each is True else f" {each}" for flag, each in args.items()}
    return " ".join(f"--{flag}{each}" for flag, each in shown.items())


def _yaml(args: Mapping[str, Any]) -> str:
    shown = {flag: "true" if each is True else each for flag, each in args.items()}
    return ", ".join(f"{flag}: {each}" for flag, each in shown.items())


def _check_chat(needs: Needs, model: ModelProfile) -> None:
    """Parsers mean something in a chat only."""
    given = [flag.flag for flag in needs.engine.parsers if needs.written(flag.flag) is not None]
    task = model.modality.task if model.modality else None
    if task in _NO_CHAT and given:
        message = f"{model.name} is a model for {task}: it has no chat for --{given[0]}"
        needs.draft.warn(needs.path(given[0]), message, "leave it out")
    template = model.chat_template
    if given and template and template.base_model and needs.profile.model.chat_template is None:
        needs.draft.warn(
            needs.path(given[0]),
            f"{model.name} is a base model, trained for completion: it has no calls or thoughts "
            f"for --{given[0]}",
            "serve its instruct model, or give model.chatTemplate",
        )


def _model(needs: Needs) -> str:
    return needs.model.name if needs.model else "the model"
