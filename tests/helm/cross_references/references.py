"""What pods refer to is rendered or comes from elsewhere, and nothing is rendered in vain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.helm.cross_references.release import Object, Pods, Release, place

OWNED = (
    "ConfigMap", "Secret", "PersistentVolumeClaim", "ServiceAccount", "TriggerAuthentication",
    "PodGroup", "InterceptorRoute",
)  # fmt: skip
GROUP_NAME = "scheduling.k8s.io/group-name"  # by which Volcano finds the PodGroup of a pod
SOURCES = {  # of a volume, or a part of a projected one: kind, and where its name is
    "configMap": ("ConfigMap", "name"),
    "secret": ("Secret", "secretName"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
}
VALUES = {
    "configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret",
    "configMapRef": "ConfigMap", "secretRef": "Secret",
}  # fmt: skip


class Reference(NamedTuple):
    """One object that another needs, and the keys in it."""

    kind: str
    name: str
    keys: tuple[str, ...] = ()
    is_optional: bool = False


def references_are_rendered_or_external(release: Release) -> Iterator[str]:
    for user, reference in _references(release):
        kind, name, keys, is_optional = reference
        if is_optional:
            continue
        if not release.has(kind, name):
            yield f"{user}: {kind} {name} is neither rendered nor declared"
        own = release.find(kind, name)
        for key in sorted(set(keys) - _keys(own)) if own else ():
            yield f"{user}: {kind} {name} has no key {key}"


def nothing_is_orphaned(release: Release) -> Iterator[str]:
    used = {(reference.kind, reference.name) for _, reference in _references(release)}
    for each in release.of(*OWNED):
        if (each["kind"], each["metadata"]["name"]) not in used:
            yield f"{place(each)}: nothing uses it"


def _keys(each: Object) -> set[str]:
    return {key for part in ("data", "stringData", "binaryData") for key in each.get(part, {})}


def _references(release: Release) -> Iterator[tuple[str, Reference]]:
    for pods in release.pods:
        yield from ((pods.place, each) for each in _of_pods(pods))
    for each in release.of("Ingress"):
        secrets = (tls.get("secretName") for tls in each["spec"].get("tls", []))
        yield from ((place(each), Reference("Secret", name)) for name in secrets if name)
    for each in release.of("ScaledObject"):
        for trigger in each["spec"]["triggers"]:
            if found := trigger.get("authenticationRef"):
                kind = found.get("kind", "TriggerAuthentication")
                yield place(each), Reference(kind, found["name"])
            if route := trigger.get("metadata", {}).get("interceptorRoute"):
                yield place(each), Reference("InterceptorRoute", route)
    for each in release.of("TriggerAuthentication"):
        for target in each["spec"].get("secretTargetRef", []):
            yield place(each), Reference("Secret", target["name"], (target["key"],))


def _of_pods(pods: Pods) -> Iterator[Reference]:
    if group := pods.template["metadata"].get("annotations", {}).get(GROUP_NAME):
        yield Reference("PodGroup", group)
    if account := pods.spec.get("serviceAccountName"):
        yield Reference("ServiceAccount", account)
    for each in pods.spec.get("imagePullSecrets", []):
        yield Reference("Secret", each["name"])
    mounts = [mount for each in pods.containers for mount in each.get("volumeMounts", [])]
    for volume in pods.spec.get("volumes", []):
        paths = [m["subPath"] for m in mounts if m["name"] == volume["name"] and "subPath" in m]
        yield from _of_volume(volume, tuple(paths))
    for container in pods.containers:
        yield from _of_variables(container)


def _of_volume(volume: Object, paths: tuple[str, ...]) -> Iterator[Reference]:
    """`paths`: what is mounted of it alone; of a ConfigMap or Secret that is a key or an item."""
    for part in [volume, *volume.get("projected", {}).get("sources", [])]:
        for source, (kind, field) in SOURCES.items():
            if source not in part:
                continue
            found = part[source]
            name = found.get(field) or found["name"]
            keys = () if "projected" in volume else _keys_of_volume(found, paths)
            is_keyed = kind != "PersistentVolumeClaim"
            yield Reference(kind, name, keys if is_keyed else (), found.get("optional", False))


def _keys_of_volume(source: Object, paths: tuple[str, ...]) -> tuple[str, ...]:
    items = {item["path"]: item["key"] for item in source.get("items", [])}
    return (*items.values(), *(path for path in paths if path not in items))


def _of_variables(container: Object) -> Iterator[Reference]:
    entries = [entry.get("valueFrom", {}) for entry in container.get("env", [])]
    for entry in [*entries, *container.get("envFrom", [])]:
        for field, kind in VALUES.items():
            if field in entry:
                found = entry[field]
                keys = (found["key"],) if "key" in found else ()
                yield Reference(kind, found["name"], keys, found.get("optional", False))


RULES = (references_are_rendered_or_external, nothing_is_orphaned)
