"""What each trigger says, against what KEDA knows of its type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from wingsctl.catalog.autoscaling import NUMBER, Autoscaling, Trigger
from wingsctl.catalog.secrets import names_secret
from wingsctl.catalog.trigger import TriggerField, TriggerProfile
from wingsctl.documents import KeyPath, did_you_mean
from wingsctl.plan.draft import Draft

FROM_ENV = "FromEnv"
ADD_ON = "http"
"""The trigger type that is KEDA's http add-on; the chart makes KEDA's own type of it."""
PUSH = "external-push"
FRONT_DOOR: Final = "front-door"
"""The preset that asks the release's front door for its demand."""
PRESET_KEYS = {
    FRONT_DOOR: ("url", "valueLocation", "aggregateFromKubeServiceEndpoints", "aggregationType"),
}
"""Metadata that the chart writes for a preset; the query of all others."""
RESOURCES = ("cpu", "memory")
_FORMS = {
    "number": (NUMBER, 'a number in quotes, such as "16"'),
    "integer": (r"^[0-9]+$", 'a whole number in quotes, such as "5"'),
    "boolean": (r"^(true|false)$", '"true" or "false", in quotes'),
}


@dataclass(frozen=True)
class KnownTrigger:
    """A trigger of the profile, its place there, and the facts of its type, if known."""

    index: int
    written: Trigger
    facts: TriggerProfile | None

    @property
    def path(self) -> KeyPath:
        """Where it stands in the profile."""
        return ("autoscaling", "triggers", self.index)

    @property
    def preset(self) -> str | None:
        """The ready query; a Prometheus trigger without any asks for the demand."""
        is_open = self.written.type == "prometheus" and "query" not in self.written.metadata
        return self.written.preset or ("demand" if is_open else None)


def preset_keys(trigger: KnownTrigger) -> tuple[str, ...]:
    """The metadata that a trigger's preset stands for."""
    return PRESET_KEYS.get(trigger.preset, ("query",)) if trigger.preset else ()


def check_triggers(draft: Draft, scaling: Autoscaling) -> list[KnownTrigger]:
    """Every trigger with its facts; all problems of all of them are recorded."""
    found = [_known(draft, index, each) for index, each in enumerate(scaling.triggers)]
    for trigger in found:
        _check_authentication(draft, trigger)
        _check_metric(draft, trigger)
        if trigger.facts is not None and not trigger.written.unchecked:
            _check_keys(draft, trigger, trigger.facts)
            _check_values(draft, trigger, trigger.facts)
            _check_given(draft, trigger, trigger.facts)
    _check_names(draft, found)
    _check_one_route(draft, found)
    return found


def _known(draft: Draft, index: int, trigger: Trigger) -> KnownTrigger:
    entry = draft.catalog.trigger(trigger.type)
    if entry is not None and entry.profile.name != trigger.type:
        entry = None  # another spelling: KEDA knows only its own
    if entry is None and not trigger.unchecked:
        names = draft.catalog.names("triggers")
        draft.refuse(
            ("autoscaling", "triggers", index, "type"),
            f"no trigger type {trigger.type!r} in the catalog",
            (did_you_mean(trigger.type, names) or f"known: {', '.join(names)}.")
            + " Else unchecked: true passes it on as it is",
        )
    return KnownTrigger(index, trigger, entry.profile if entry else None)


def _check_keys(draft: Draft, trigger: KnownTrigger, facts: TriggerProfile) -> None:
    """Names, and whether a literal may stand there at all."""
    for key in trigger.written.metadata:
        path = (*trigger.path, "metadata", key)
        plain = key.removesuffix(FROM_ENV)
        field = facts.metadata.get(key) or facts.metadata.get(plain)
        is_variable = key != plain and key not in facts.metadata
        if names_secret(key):
            continue  # told where secrets are looked for in the whole profile
        if field is None and key in facts.authentication:
            draft.refuse(path, "comes from a Secret only", _secret_hint(key))
        elif field is None and not facts.open:
            hint = did_you_mean(key, list(facts.metadata))
            known = f"known: {', '.join(facts.metadata)}; or unchecked: true"
            draft.refuse(path, f"is no metadata of {facts.name}", hint or known)
        elif field and is_variable and not field.from_env:
            draft.refuse(path, f"{plain} cannot come from a variable", f"write {plain}: ...")
        elif field and field.secret and not is_variable:
            draft.refuse(path, "must not stand in a profile", _secret_hint(key))


def _secret_hint(parameter: str) -> str:
    return (
        "write authentication: {secretTargetRef: [{parameter: "
        f"{parameter}, name: SECRET, key: KEY}}]}}"
    )


def _check_values(draft: Draft, trigger: KnownTrigger, facts: TriggerProfile) -> None:
    for key, value in trigger.written.metadata.items():
        field = facts.metadata.get(key, TriggerField())
        path = (*trigger.path, "metadata", key)
        pattern, words = _FORMS.get(field.type, ("", ""))
        if field.choices and value not in field.choices:
            known = ", ".join(field.choices)
            draft.refuse(path, f"must be one of {known}", did_you_mean(value, field.choices))
        elif pattern and not re.fullmatch(pattern.strip("^$"), value):
            draft.refuse(path, f"must be {words}, not {value!r}", f"KEDA reads {key} as such")


def _check_given(draft: Draft, trigger: KnownTrigger, facts: TriggerProfile) -> None:
    """What must be there: by a key, a variable, a preset or a parameter of a Secret."""
    path = (*trigger.path, "metadata")
    for key, field in facts.metadata.items():
        is_preset = key in preset_keys(trigger)
        if field.required and not is_preset and not _is_given(trigger, facts, key):
            draft.refuse(path, f"a {facts.name} trigger needs {key}", _how_to_give(facts, key))
    for keys in facts.one_of:
        if not any(_is_given(trigger, facts, key) for key in keys):
            draft.refuse(
                path,
                f"a {facts.name} trigger needs one of {', '.join(keys)}",
                _how_to_give(facts, keys[0]),
            )
    for key, other in facts.together.items():
        if key in trigger.written.metadata and not _is_given(trigger, facts, other):
            draft.refuse(path, f"{key} needs {other} beside it", f"write {other}: ..., as text")


def _is_given(trigger: KnownTrigger, facts: TriggerProfile, key: str) -> bool:
    """Also where an object of the user's may hold it, which cannot be seen from here."""
    written = trigger.written
    if written.metadata.get(key) or written.metadata.get(key + FROM_ENV):
        return True
    own = written.authentication.secret_target_ref if written.authentication else []
    may_hold = written.authentication_ref is not None and key in facts.authentication
    return may_hold or key in [each.parameter for each in own]


def _how_to_give(facts: TriggerProfile, key: str) -> str:
    also = f", or {_secret_hint(key).removeprefix('write ')}" if key in facts.authentication else ""
    return f"write {key}: ..., as text{also}"


def _check_authentication(draft: Draft, trigger: KnownTrigger) -> None:
    written, facts = trigger.written, trigger.facts
    if written.authentication and written.authentication_ref:
        draft.refuse(
            (*trigger.path, "authentication"),
            "cannot stand beside authenticationRef: KEDA takes one object",
            "keep one of them",
        )
    if written.authentication is None or facts is None or written.unchecked:
        return
    for index, each in enumerate(written.authentication.secret_target_ref):
        if each.parameter not in facts.authentication:
            path = (*trigger.path, "authentication", "secretTargetRef", index, "parameter")
            known = ", ".join(facts.authentication) or "none"
            hint = did_you_mean(each.parameter, facts.authentication) or f"known: {known}"
            draft.refuse(path, f"{each.parameter} is no parameter of {facts.name}", hint)


def _check_metric(draft: Draft, trigger: KnownTrigger) -> None:
    written = trigger.written
    is_resource = written.type in RESOURCES
    if written.use_cached_metrics and (is_resource or written.type == "cron"):
        draft.refuse(
            (*trigger.path, "useCachedMetrics"),
            f"KEDA refuses it for {written.type}",
            "leave it out",
        )
    wrong = "Value" if is_resource else "Utilization"
    if written.metric_type == wrong:
        right = "Utilization or AverageValue" if is_resource else "AverageValue or Value"
        draft.refuse(
            (*trigger.path, "metricType"),
            f"{written.type} has no {wrong}",
            f"write {right}",
        )


def _check_names(draft: Draft, triggers: list[KnownTrigger]) -> None:
    seen: set[str] = set()
    for trigger in triggers:
        name = trigger.written.name
        if name and name in seen:
            draft.refuse((*trigger.path, "name"), f"{name} is there twice", "names are unique")
        seen.add(name or "")


def _check_one_route(draft: Draft, triggers: list[KnownTrigger]) -> None:
    """A release has one InterceptorRoute."""
    for trigger in [each for each in triggers if each.written.type == ADD_ON][1:]:
        draft.refuse(
            (*trigger.path, "type"),
            f"{ADD_ON} is there twice: a release has one route",
            "keep one, with all hosts in its metadata.hosts: a.example, b.example",
        )


def newest_needed(triggers: list[KnownTrigger]) -> Iterator[tuple[str, str]]:
    """(oldest KEDA, what needs it) of each type and each key that says so."""
    for trigger in triggers:
        if trigger.facts is None:
            continue
        yield trigger.facts.since, trigger.facts.name
        for key in (*trigger.written.metadata, *preset_keys(trigger)):
            field: TriggerField | None = trigger.facts.metadata.get(key)
            if field and field.since:
                yield field.since, f"{trigger.facts.name}.{key}"


def why_asleep(trigger: KnownTrigger, metric_prefix: str) -> str:
    """Why this trigger starts nothing while no pod runs; empty where it does."""
    metadata: Mapping[str, str] = trigger.written.metadata
    if trigger.preset == FRONT_DOOR:
        return ""
    if trigger.preset is not None or metric_prefix in metadata.get("query", ""):
        return "metrics of the release do not exist while no pod runs"
    if trigger.facts is None:
        return ""
    for row in trigger.facts.asleep:
        missing = not row.values and row.key not in metadata
        if missing or metadata.get(row.key) in row.values:
            return row.why
    return trigger.facts.never_wakes
