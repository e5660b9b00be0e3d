"""What the schema of the values says more, or less, where a replica is a group of pods."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any

from wingsctl.plan.deployment import GroupPlan
from wingsctl.plan.group import MOST_GROUPS, WORKER_WORD

Schema = dict[str, Any]
_LITERALS = ("string", "boolean", "integer", "number")
_DESCRIPTIONS = {
    "replicas": "Number of groups; --set replicas adds and removes whole ones.",
    "rollout": "Groups are replaced one after another; upTo: K holds those above K back.",
    "shutdown": "Time budget of an end; turnSeconds must be longer than helm's time-out.",
    "podDisruptionBudget": "One pod, and so one group, at a time.",
    "networkPolicy": "Clients reach port 9000 of leaders, the cluster 9001, the pods each other.",
}


def without_groups(base: Schema) -> None:
    """Drop what only a group's chart reads."""
    definitions = base["$defs"]
    del definitions["Rollout"]["properties"]["upTo"]
    del definitions["Shutdown"]["properties"]["turnSeconds"]


def for_group(base: Schema, group: GroupPlan, values: Mapping[str, Any]) -> None:
    """Numbers that a group needs, the roles as this chart reads them, and its own words."""
    definitions, properties = base["$defs"], base["properties"]
    for key, text in _DESCRIPTIONS.items():
        if key in properties:
            properties[key]["description"] = text
    if "replicas" in properties:
        properties["replicas"]["maximum"] = MOST_GROUPS
    else:
        _scaling(definitions, values["autoscaling"])
    rollout = definitions["Rollout"]
    del rollout["properties"]["maxSurge"]
    _narrow(rollout["properties"]["maxUnavailable"], {"type": "integer", "minimum": 2})
    rollout["required"] = ["maxUnavailable"]
    definitions["Shutdown"]["required"] = ["turnSeconds"]
    scheduling = definitions["ValuesScheduling"]
    if "queue" not in values["scheduling"]:
        del scheduling["properties"]["queue"]
        scheduling["required"].remove("queue")
    _roles(definitions, group)
    for engine in ("ValuesEngine", "RoleEngine", "WorkerEngine"):
        _without_word(definitions[engine]["properties"]["args"])


def _scaling(definitions: Schema, scaling: Mapping[str, Any]) -> None:
    """Whole groups, by triggers whose steps this chart knows."""
    properties = definitions["ValuesAutoscaling"]["properties"]
    properties["max"] |= {"maximum": MOST_GROUPS, "description": "Most groups."}
    properties["min"]["description"] = "Groups that always run; the others start by the triggers."
    properties["fallback"]["description"] = "How many groups to run while triggers fail."
    for key in ("behavior", "initialCooldownSeconds"):
        del properties[key]
    definitions["ValuesAutoscaling"]["required"].remove("initialCooldownSeconds")
    del definitions["Fallback"]["properties"]["behavior"]
    del definitions["ScalingModifiers"]["properties"]["activationTarget"]
    types = sorted({each["type"] for each in scaling["triggers"]})
    definitions["ValuesTrigger"]["properties"]["type"]["enum"] = types


def _narrow(rule: Schema, to: Schema) -> None:
    rule.pop("anyOf", None)
    rule.update(to)


def _roles(definitions: Schema, group: GroupPlan) -> None:
    """Resources and pod settings differ only where the roles have sets of their own."""
    engine = definitions["RoleEngine"]
    if not group.is_split:
        del engine["properties"]["resources"]
        del definitions["ValuesRole"]["properties"]["pod"]
        _literal(engine["properties"]["env"])
    definitions["WorkerEngine"] = copy.deepcopy(engine)
    definitions["WorkerRole"] = copy.deepcopy(definitions["ValuesRole"])
    for rule in (definitions["WorkerRole"]["properties"]["engine"],):
        rule["$ref"] = "#/$defs/WorkerEngine"
    definitions["ValuesRoles"]["properties"]["worker"]["$ref"] = "#/$defs/WorkerRole"


def _literal(env: Schema) -> None:
    """Within one pod template a role's variables are part of its command."""
    text = "Further variables of this role, literal: they are part of its command."
    kinds = {"anyOf": [{"type": kind} for kind in _LITERALS]}
    env["patternProperties"] = dict.fromkeys(env["patternProperties"], kinds)
    env["description"] = text


def _without_word(args: Schema) -> None:
    """The word that separates the two commands may be no argument."""
    other = {"type": "string", "not": {"enum": [WORKER_WORD]}}

    def narrowed(rule: Any) -> Any:
        if rule == {"type": "string"}:
            return other
        if isinstance(rule, dict):
            return {key: narrowed(value) for key, value in rule.items()}
        return [narrowed(each) for each in rule] if isinstance(rule, list) else rule

    args["patternProperties"] = narrowed(args["patternProperties"])


def given_flags(group: GroupPlan, owned: Collection[str]) -> Schema:
    """Rules for the flags of a worker: what the engine wants stays as it is."""
    given = {flag: {"enum": [value]} for flag, value in group.worker.args.items() if flag in owned}
    return {**dict.fromkeys(owned, False), **given}
