"""One trigger of KEDA -> one of the profile."""

from __future__ import annotations

from typing import Any

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.secret_texts import is_secret_name

_AWAKE = {"cpu", "memory"}
"""Triggers that know nothing while no pod runs."""


def read_trigger(conversion: Conversion, trigger: Fields) -> None:
    """Appends it to `autoscaling.triggers`; KEDA's types that are not known go unchecked."""
    kind = trigger.text("type")
    entry = conversion.catalog.trigger(kind)
    known = entry.profile.metadata if entry is not None else None
    found: dict[str, Any] = {"type": kind, "metadata": _metadata(conversion, trigger, known)}
    for key in ("name", "preset", "metricType", "useCachedMetrics"):
        if trigger.get(key) is not None:
            found[key] = trigger.get(key)
            trigger.at(key).carried(f"autoscaling.triggers.{key}")
    if trigger.get("authenticationRef") is not None:
        found["authenticationRef"] = dict(trigger.mapping("authenticationRef"))
        trigger.at("authenticationRef").carried("autoscaling.triggers.authenticationRef")
    trigger.at("type").carried("autoscaling.triggers.type")
    if known is None:
        found["unchecked"] = True
    triggers = conversion.draft.get("autoscaling.triggers") or []
    conversion.draft.replace("autoscaling.triggers", [*triggers, found])


def _metadata(conversion: Conversion, trigger: Fields, known: Any) -> dict[str, str]:
    found = {}
    for key, value in trigger.entries("metadata"):
        if is_secret_name(key) or conversion.secrets.holds_secret(value.text()):
            remedy = "put it into a Secret, and name that in authentication.secretTargetRef"
            value.dropped("holds a literal secret", remedy)
            conversion.warn(value, f"a literal secret in {key} of a trigger", remedy)
        elif known is not None and key not in known and not key.endswith("FromEnv"):
            value.dropped("KEDA takes no such key any more", "leave it out")
        else:
            found[key] = value.text()
            _settle(trigger, value, key)
    return found


def _settle(trigger: Fields, value: Fields, key: str) -> None:
    target = f"autoscaling.triggers.metadata.{key}"
    if not isinstance(value.data, str):
        value.changed(target, "as text: KEDA takes nothing else")
    elif key == "query" and trigger.text("type") == "prometheus":
        note = "leave it out for this release's own demand, if its labels are the old pods'"
        value.carried(target, note)
    else:
        value.carried(target)


def wakes_from_zero(conversion: Conversion) -> bool:
    """Whether a trigger knows of demand while no pod runs."""
    engine = conversion.workload.engine
    prefix = engine.metrics.waiting.split(":")[0] + ":" if engine is not None else ""
    triggers = conversion.draft.get("autoscaling.triggers") or []
    return not triggers or any(_knows(each, prefix) for each in triggers)


def _knows(trigger: dict[str, Any], prefix: str) -> bool:
    if trigger["type"] in _AWAKE:
        return False
    query = trigger["metadata"].get("query", "")
    return trigger["type"] != "prometheus" or bool(query and prefix and prefix not in query)
