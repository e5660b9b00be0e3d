"""values.schema.json of one chart: the generated schema, cut to what this chart reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from wingsctl.chart.group_schema import for_group, given_flags, without_groups
from wingsctl.chart.parts import gateway_secrets, trigger_types
from wingsctl.chart.required_keys import require, required_keys
from wingsctl.chart.yaml_text import Comments
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.environment import (
    DOOR_ENV,
    ENGINE_ENV,
    GATEWAY_ENV,
    GROUP_ENV,
    RESERVED_PREFIX,
    SECRET_FILES,
)
from wingsctl.plan.length import VARIABLE, takes_auto
from wingsctl.plan.owned_names import GROUP_LABELS, OWN_LABELS, OWN_POD_ANNOTATIONS
from wingsctl.plan.triggers import ADD_ON, FRONT_DOOR

Schema = dict[str, Any]
_COMMENT_DEPTH = 3


SchemaKey = tuple[str, ...]


def schema_key(plan: DeploymentPlan, values: Mapping[str, Any]) -> SchemaKey:
    """Charts with equal keys have equal schemas: it depends on nothing else."""
    model, gateway = values["model"], values["gateway"]
    parts = (
        values, gateway, model, model["source"], _owned_flags(plan), _group_key(plan, values),
        trigger_types(plan), [_length_rule(plan)], map(".".join, required_keys(values)),
    )  # fmt: skip
    return tuple(" ".join(part) for part in parts)


def _group_key(plan: DeploymentPlan, values: Mapping[str, Any]) -> list[str]:
    if plan.group is None:
        return []
    roles = {name: values["roles"][name]["engine"] for name in ("leader", "worker")}
    return [str(plan.group.is_split), str(roles["worker"]["args"]), *values["scheduling"]]


def schema_for(base: Schema, plan: DeploymentPlan, values: Mapping[str, Any]) -> Schema:
    """The schema of one chart; `base` is changed and returned.

    Keys that this chart does not read are unknown to it, so that a value which would
    have no effect is refused; flags and variables that the chart sets are refused too.
    """
    _keep(base, values)
    definitions = base["$defs"]
    _keep(definitions["ValuesSource"], values["model"]["source"])
    _keep(definitions["ValuesModel"], values["model"])
    _keep(definitions["ValuesGateway"], values["gateway"])
    _length(base, _length_rule(plan))
    # In a profile it stands for both containers; in the values each has its own.
    del definitions["PodSettings"]["properties"]["env"]
    owned, also = _owned_flags(plan), GROUP_ENV if plan.group else ()
    if plan.autoscaling and ADD_ON not in trigger_types(plan):
        # The chart has no InterceptorRoute for it.
        definitions["ValuesTrigger"]["properties"]["type"]["not"] = {"enum": [ADD_ON]}
    door = DOOR_ENV if plan.front_door else ()
    _front_door(definitions, values)
    if plan.group is None:
        without_groups(base)
    else:
        for_group(base, plan.group, values)
        worker = definitions["WorkerEngine"]["properties"]
        worker["args"]["properties"] = given_flags(plan.group, owned)
        _refuse(definitions["RoleEngine"]["properties"]["args"], owned)
    _refuse(definitions["ValuesEngine"]["properties"]["args"], owned)
    for name in ("ValuesEngine", "RoleEngine", "WorkerEngine"):
        if name in definitions:
            _refuse_names(definitions[name]["properties"]["env"], {*ENGINE_ENV, *also})
    gateway_env = definitions["ValuesGateway"]["properties"]["env"]
    _gateway_env(gateway_env, {*GATEWAY_ENV, *also, *door}, gateway_secrets(plan))
    _refuse_own_keys(base, GROUP_LABELS if plan.group else ())
    _drop_unused(base)
    require(base, required_keys(values))
    return base


def _length_rule(plan: DeploymentPlan) -> Literal["any", "number", "left out"]:
    if takes_auto(plan.engine.profile, plan.engine.version):
        return "any"
    return "left out" if plan.model.max_length == "auto" else "number"


def _length(base: Schema, rule: Literal["any", "number", "left out"]) -> None:
    """A length is a number where the engine has no word for auto.

    Where the command leaves it out a number would have no effect, and is refused; a command
    that names it comes from the values of an older chart.
    """
    length = base["$defs"]["ValuesModel"]["properties"]["maxLength"]
    if rule == "number":
        number = next(each for each in length.pop("anyOf") if each["type"] == "integer")
        base["$defs"]["ValuesModel"]["properties"]["maxLength"] = {**number, **length}
    elif rule == "left out":
        names_it = {"properties": {"command": {"contains": {"const": VARIABLE}}}}
        base["if"] = {"properties": {"engine": names_it}}
        base["else"] = {"properties": {"model": {"properties": {"maxLength": {"const": "auto"}}}}}


def _gateway_env(env: Schema, owned: Collection[str], secrets: Collection[str]) -> None:
    """The chart alone says where a mounted Secret is.

    Older charts had these files among their values, and helm carries those over. A null is no
    variable: helm keeps one for which the chart has no default.
    """
    (variable,) = env["patternProperties"].values()
    variable["oneOf"].append({"type": "null"})
    files = {name: file for key in secrets for name, file in SECRET_FILES[key].items()}
    if files:
        env["properties"] = {name: {"enum": [file, None]} for name, file in files.items()}
    _refuse_names(env, {*owned, *_secret_names()} - set(files))


def _secret_names() -> set[str]:
    return {name for files in SECRET_FILES.values() for name in files}


def _front_door(definitions: Schema, values: Mapping[str, Any]) -> None:
    """Without a door nobody has a demand, and no peer of a policy reads it."""
    env = definitions["ValuesFrontDoor"]["properties"]["env"]
    _refuse_names(env, {*GATEWAY_ENV, *DOOR_ENV, *_secret_names(), "WINGS_MAX_WAITING"})
    if "scalers" not in values["networkPolicy"]:
        del definitions["NetworkPolicy"]["properties"]["scalers"]
    if "frontDoor" not in values:
        presets = definitions["ValuesTrigger"]["properties"]["preset"]["anyOf"][0]["enum"]
        presets.remove(FRONT_DOOR)


def _refuse_own_keys(base: Schema, also: Collection[str]) -> None:
    """A second entry with a key of the chart's own would be a duplicate, or break a selector."""
    pods = [base["$defs"][name]["properties"] for name in ("PodSettings", "RolePod")]
    monitoring = base["$defs"]["ValuesMonitoring"]["properties"]
    for labels in (base["properties"]["labels"], *(pod["labels"] for pod in pods)):
        _refuse(labels, (*OWN_LABELS, *also))
    _refuse(monitoring["labels"], OWN_LABELS)
    for pod in pods:
        _refuse(pod["annotations"], OWN_POD_ANNOTATIONS)


def _refuse(rule: Schema, keys: Iterable[str]) -> None:
    """A false schema per key, for its error names the key on both helms."""
    rule["properties"] = dict.fromkeys(keys, False)


def _refuse_names(env: Schema, names: Collection[str]) -> None:
    """Variables that the chart sets, and all that only a group of pods has."""
    pattern = f"^({'|'.join(sorted(names))}|{RESERVED_PREFIX}.*)$"
    env["patternProperties"] = {**env.get("patternProperties", {}), pattern: False}


def _keep(schema: Schema, values: Mapping[str, Any]) -> None:
    """Only the properties that have a value; the chart's own keys stay required."""
    kept = {key: rule for key, rule in schema["properties"].items() if key in values}
    if "$schema" in schema:
        kept["global"] = {"type": "object"}
    schema["properties"] = kept
    schema["required"] = [key for key in schema.get("required", []) if key in kept]


def _owned_flags(plan: DeploymentPlan) -> list[str]:
    engine = plan.engine.profile
    flags = {*engine.owned, *(plan.group.refused if plan.group else ())}
    if engine.underscores:
        flags |= {flag.replace("-", "_") for flag in flags}
    return sorted(flags)


def _drop_unused(schema: Schema) -> None:
    """Definitions that nothing refers to any more."""
    while True:
        used = set(_references(schema))
        unused = [name for name in schema["$defs"] if name not in used]
        if not unused:
            return
        for name in unused:
            del schema["$defs"][name]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["$ref"]).rsplit("/", 1)[-1]] if "$ref" in node else []
        return own + [name for value in node.values() for name in _references(value)]
    if isinstance(node, list):
        return [name for value in node for name in _references(value)]
    return []


def comments_of(schema: Schema, values: Mapping[str, Any]) -> Comments:
    """The descriptions of the keys of `values`, three levels deep, by key path."""
    comments: dict[tuple[str, ...], str] = {}
    _collect(schema, schema, values, (), comments)
    return comments


def _collect(
    root: Schema,
    schema: Schema,
    values: Mapping[str, Any],
    path: tuple[str, ...],
    into: dict[tuple[str, ...], str],
) -> None:
    for key, rule in schema.get("properties", {}).items():
        if key not in values:
            continue
        if "description" in rule:
            into[(*path, key)] = rule["description"]
        inner = _resolved(root, rule)
        if isinstance(values[key], Mapping) and len(path) + 1 < _COMMENT_DEPTH:
            _collect(root, inner, values[key], (*path, key), into)


def _resolved(root: Schema, rule: Schema) -> Schema:
    options = [rule, *rule.get("allOf", []), *rule.get("anyOf", [])]
    name = next((str(each["$ref"]).rsplit("/", 1)[-1] for each in options if "$ref" in each), None)
    return root["$defs"][name] if name else rule
