"""What an upgrade from one rendering of a release to another changes that it may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

Object = dict[str, Any]
Key = tuple[str, str]

MUTABLE_OF_SETS = {
    "replicas", "ordinals", "template", "updateStrategy", "minReadySeconds",
    "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy",
}  # fmt: skip
"""Source: ValidateStatefulSetUpdate of Kubernetes 1.36, pkg/apis/apps/validation."""
KEY_VARIABLES = ("WINGS_API_KEYS_FILE", "WINGS_TLS_CERT_FILE", "WINGS_TLS_KEY_FILE")
SECRETS = {"secretName", "secretKeyRef", "secretTargetRef"}
IDENTITIES = ("mountPath", "name", "key")
"""What tells the entries of a list apart: mounts, then containers and variables, tolerations."""


def by_key(objects: Iterable[Object]) -> dict[Key, Object]:
    """Objects by kind and name."""
    return {(each["kind"], each["metadata"]["name"]): each for each in objects}


def broken_by_upgrade(old: list[Object], new: list[Object]) -> Iterator[str]:
    """What the API server would refuse, and what would be lost; a line each."""
    before, after = by_key(old), by_key(new)
    for key in before:
        if key not in after:
            yield f"{key[0]} {key[1]} is removed"
            continue
        for path, *values in _paths(fixed(before[key]), fixed(after[key])):
            yield f"{key[0]} {key[1]}: {path} may not change: {values[0]!r} -> {values[1]!r}"
        for lost in _lost(before[key], after[key]):
            yield f"{key[0]} {key[1]}: {lost}"


def fixed(thing: Object) -> Any:
    """The part of an object that may never change, or that data and clients hang on."""
    spec = thing.get("spec", {})
    match thing["kind"]:
        case "Deployment":
            return {"selector": spec["selector"]}
        case "StatefulSet":
            return {key: value for key, value in spec.items() if key not in MUTABLE_OF_SETS}
        case "PersistentVolumeClaim":
            kept = thing["metadata"].get("annotations", {}).get("helm.sh/resource-policy")
            return {**spec, "helm.sh/resource-policy": kept}
        case "Service":
            return {
                "headless": spec.get("clusterIP") == "None",
                "ports": {each.get("name"): each["port"] for each in spec.get("ports", [])},
                "selector": spec.get("selector"),
            }
        case "ScaledObject" | "InterceptorRoute":
            return {key: spec[key] for key in ("scaleTargetRef", "target") if key in spec}
    return {}


def changes_of_pods(old: list[Object], new: list[Object]) -> dict[Key, list[str]]:
    """Where the pod template of each workload differs: any difference replaces its pods."""
    after = by_key(new)
    found = {}
    for key, thing in by_key(old).items():
        if "template" not in thing.get("spec", {}) or key not in after:
            continue
        template = after[key]["spec"]["template"]
        paths = [path for path, *_ in _paths(thing["spec"]["template"], template)]
        if paths:
            found[key] = paths
    return found


def _lost(old: Object, new: Object) -> Iterator[str]:
    """Secrets that nothing refers to any more, keys that are not read, variables set twice."""
    for secret in sorted(set(secrets_of(old)) - set(secrets_of(new))):
        yield f"Secret {secret} is not used any more"
    before, after = _containers(old), _containers(new)
    for name in before.keys() & after.keys():
        variables = {each["name"]: each.get("value") for each in after[name].get("env", [])}
        for each in before[name].get("env", []):
            if each["name"] in KEY_VARIABLES and variables.get(each["name"]) != each["value"]:
                yield f"container {name}: {each['name']} is not {each['value']} any more"
    for name, container in after.items():
        times = Counter(each["name"] for each in container.get("env", []))
        yield from (f"container {name}: {each} is set twice" for each in times if times[each] > 1)


def secrets_of(node: Any) -> Iterator[str]:
    """SECRET, or SECRET/KEY where one key is named, of each reference to a Secret."""
    for where, value in _entries(node):
        if where in SECRETS:
            for each in value if isinstance(value, list) else [value]:
                names = {"name": each} if isinstance(each, str) else each
                yield "/".join(names[key] for key in ("name", "key") if key in names)
        yield from secrets_of(value)


def _entries(node: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(node, dict):
        return node.items()
    return [("", each) for each in node] if isinstance(node, list) else []


def _containers(thing: Object) -> dict[str, Object]:
    pod = thing.get("spec", {}).get("template", {}).get("spec", {})
    return {each["name"]: each for each in pod.get("containers", [])}


def _paths(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, old value, new value) of each difference; entries of lists by their name."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _paths(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
    elif (one := _named(old)) is not None and (other := _named(new)) is not None:
        for key in dict.fromkeys([*one, *other]):
            yield from _paths(one.get(key), other.get(key), f"{path}[{key}]")
        if [key for key in one if key in other] != [key for key in other if key in one]:
            yield f"{path} in another order", list(one), list(other)
    elif old != new:
        yield path, old, new


def _named(node: Any) -> dict[str, Any] | None:
    """A list of objects that tell each other apart, by that; else None."""
    if not isinstance(node, list) or not all(isinstance(each, dict) for each in node):
        return None
    for identity in IDENTITIES:
        names = [each.get(identity) for each in node]
        if None not in names and len(set(names)) == len(names):
            return dict(zip(map(str, names), node, strict=True))
    return None
