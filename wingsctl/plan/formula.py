"""One number out of several triggers: every name in the formula is a trigger's."""

from __future__ import annotations

import re

from wingsctl.catalog.autoscaling import Autoscaling
from wingsctl.documents import did_you_mean
from wingsctl.plan.draft import Draft
from wingsctl.plan.triggers import RESOURCES, KnownTrigger

_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)(?!\w*\s*\()")
_WORDS = {"true", "false", "nil", "in", "not", "and", "or", "let", "if", "else", "matches"}
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


def check_formula(draft: Draft, scaling: Autoscaling, triggers: list[KnownTrigger]) -> None:
    """KEDA gives the formula the triggers that have names, cpu and memory apart."""
    modifiers = scaling.scaling_modifiers
    if modifiers is None:
        return
    path = ("autoscaling", "scalingModifiers")
    counted = [each for each in triggers if each.written.type not in RESOURCES]
    names = [each.written.name for each in counted if each.written.name]
    used = set(_NAME.findall(_TEXT.sub("", modifiers.formula)))
    own = set(re.findall(r"\blet\s+(\w+)", modifiers.formula))
    for name in sorted(used - {*names, *own} - _WORDS):
        hint = did_you_mean(name, names) or f"name a trigger {name}"
        draft.refuse((*path, "formula"), f"{name} is the name of no trigger", hint)
    for trigger in counted:
        name = trigger.written.name
        if name and not _IDENTIFIER.fullmatch(name):
            draft.refuse(
                (*trigger.path, "name"),
                f"{name!r} cannot stand in a formula",
                "use letters, digits and _",
            )
        elif name not in used:
            draft.refuse(
                trigger.path,
                "is not in scalingModifiers.formula, which alone counts",
                "name it there, or leave the trigger out",
            )
    if not modifiers.target.strip("0."):
        draft.refuse((*path, "target"), "must be above 0", "write what one pod or group takes")
