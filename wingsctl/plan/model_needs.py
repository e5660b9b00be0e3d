"""What is known about a model beside its sizes, against what the profile asks of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.versions import applies
from wingsctl.plan.parsers import Needs, check_parsers, own_parsers, parsers_of, with_parsers

_ARGS = ("engine", "args")
_NO_CHAT = ("embedding", "score", "reward", "transcription")


def resolve_needs(needs: Needs) -> dict[str, Any]:
    """The arguments that `model.toolCalls` and `model.reasoning` stand for.

    Refuses parsers that the engine does not have; warns of the hub's gate, of arguments that
    the model requires, and of chat where it has none.
    """
    if needs.model is not None:
        _record(needs, needs.model)
    needs = with_parsers(needs)
    check_parsers(needs)
    if needs.model is not None:
        _check_gate(needs, needs.model)
        _check_required(needs, needs.model)
        _check_chat(needs, needs.model)
    return dict(needs.derived)


def _record(needs: Needs, model: ModelProfile) -> None:
    """Show each fact in the plan with its source, or as unknown."""
    gate = {True: "needs a token", False: "open"}
    known = gate[model.gate.needs_token] if model.gate else "unknown"
    needs.draft.decide("model.gate", known, model.gate.source if model.gate else "no source")
    for flag in needs.engine.parsers:
        rows = [row for row in parsers_of(model, flag) if row.engine == needs.engine.name]
        names = ", ".join(own_parsers(needs, flag)) or "unknown"
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
    given = [flag for flag in needs.engine.parsers if needs.written(flag.flag) is not None]
    if not given:
        return
    first = given[0].flag
    task = model.modality.task if model.modality else None
    if task in _NO_CHAT:
        message = f"{model.name} is a model for {task}: it has no chat for --{first}"
        needs.draft.warn(needs.path(first), message, "leave it out")
    template = model.chat_template
    if template is None or needs.profile.model.chat_template is not None:
        return
    if template.base_model:
        needs.draft.warn(
            needs.path(first),
            f"{model.name} is a base model, trained for completion: it has no calls or thoughts "
            f"for --{first}",
            "serve its instruct model, or give model.chatTemplate",
        )
    elif template.engine == needs.engine.name and given[0].kind == "toolCall":
        message = f"for tool calls of {model.name} its engine's page gives {template.file}"
        hint = f"copy it from {needs.engine_title}, and give model.chatTemplate: {{file: PATH}}"
        needs.draft.warn(needs.path(first), message, hint)
