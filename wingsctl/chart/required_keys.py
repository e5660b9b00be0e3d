"""Keys that no values may delete: helm drops a default for which a values file has a null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]
Key = tuple[str, str]
"""A definition of the schema and a key of it; `Values` is the whole."""

_ALWAYS: dict[str, tuple[str, ...]] = {
    # Without them more is admitted, or a pod has more rights, than the profile says.
    "ValuesGateway": ("auth", "tls"),
    "SecretKey": ("key",),
    "NetworkPolicy": ("enabled", "scalers"),
    "PodSettings": ("securityContext", "labels"),
    "FrontDoorPod": ("securityContext",),
    "ValuesEngine": ("env",),
    # Without them no template works.
    "PodDisruptionBudget": ("enabled", "maxUnavailable"),
    "ValuesSource": ("hostPath", "pvc", "huggingface", "modelscope", "image"),
    "ValuesRole": ("engine",),
    "WorkerRole": ("engine",),
    "ValuesService": ("type", "port"),
    "Probes": ("readiness", "liveness"),
    "Values": ("labels", "annotations"),
}
"""A chart requires those that it has."""
_WHERE_FILLED: dict[tuple[str, ...], str] = {
    ("networkPolicy", "clients"): "NetworkPolicy",
    ("service", "annotations"): "ValuesService",
    ("ingress", "annotations"): "Ingress",
    ("ingress", "tls"): "Ingress",
    ("httpRoute", "annotations"): "HttpRoute",
    ("pod", "annotations"): "PodSettings",
    ("frontDoor", "pod", "annotations"): "FrontDoorPod",
}
"""Definitions by path: what is empty may be deleted, but not the list of clients, nor what a load
balancer, a controller or a mesh reads in annotations."""
_NEVER_NULL = (("RolePod", "securityContext"),)
"""Absent where a role has no settings of its own; null would take those of all pods away."""


def required_keys(values: Mapping[str, Any]) -> list[Key]:
    """What a chart with these values requires; some of it may not be in its schema."""
    keys = [(name, key) for name, all_of_it in _ALWAYS.items() for key in all_of_it]
    keys += [(name, path[-1]) for path, name in _WHERE_FILLED.items() if _at(values, path)]
    for source in values["model"]["source"].values():
        keys += [("ValuesCache", kind) for kind in source.get("cache", ())]
    return keys


def require(base: Schema, keys: Iterable[Key]) -> None:
    """Refuse values without one of the keys, or with null there; `base` is changed."""
    definitions = {**base["$defs"], "Values": base}
    for name, key in keys:
        if key in definitions.get(name, {}).get("properties", {}):
            definition = definitions[name]
            _refuse_null(definition["properties"][key])
            definition["required"] = list(dict.fromkeys([*definition.get("required", []), key]))
    for name, key in _NEVER_NULL:
        if name in definitions:
            _refuse_null(definitions[name]["properties"][key])


def _at(values: Mapping[str, Any], path: Iterable[str]) -> Any:
    node: Any = values
    for key in path:
        node = node.get(key) or {}
    return node


def _refuse_null(rule: Schema) -> None:
    options = [each for each in rule.pop("anyOf", []) if each != {"type": "null"}]
    if len(options) == 1:
        rule.update(options[0])
    elif options:
        rule["anyOf"] = options
