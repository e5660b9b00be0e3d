"""What helm makes of a converted profile -> its meaning."""

from __future__ import annotations

from typing import Any

from tests.convert.meaning import Meaning, add_flags
from tests.convert.places import Place
from tests.convert.pods import add_env, add_resources, add_settings, add_volumes
from tests.convert.scripts import engine_words
from tests.support.helm import expand, role_argv, workloads


def release_meaning(objects: list[dict[str, Any]]) -> Meaning:
    """The leader's pod (or the only one) and the worker's, the numbers of pods, the companions."""
    meaning, worker = Meaning(), Meaning()
    found = workloads(objects)
    others = [each for each in found if _role(each) == "worker"] or found
    _add_pod(meaning, found[0], role_argv(objects)["leader"])
    _add_pod(worker, others[0], role_argv(objects, others[0]["metadata"]["name"])["worker"])
    meaning.facts |= {(f"worker {kind}", name): fact for (kind, name), fact in worker.facts.items()}
    _add_counts(meaning, found)
    for each in objects:
        _add_companion(meaning, each)
    return meaning


def _role(workload: dict[str, Any]) -> Any:
    return workload["spec"]["template"]["metadata"]["labels"].get("wingsctl/role")


def _add_pod(meaning: Meaning, workload: dict[str, Any], words: list[str]) -> None:
    spec = Place(workload["spec"]["template"]["spec"])
    containers = {each.data["name"]: each for each in (spec / "containers").items()}
    engine = next(each for name, each in containers.items() if name.endswith("-engine"))
    add_flags(meaning, engine_words([(word, Place(word)) for word in words]))
    for word in words[1:] if words[:1] == ["env"] else []:
        name, equals, value = word.partition("=")
        if not equals:
            break
        meaning.add("env", name, value)
    add_env(meaning, [_expanded(each) for each in (engine / "env").items()])
    add_resources(meaning, engine / "resources")
    add_settings(meaning, spec)
    add_volumes(meaning, engine, spec)


def _expanded(entry: Place) -> Place:
    """Literal text has its dollars doubled for Kubernetes."""
    value = entry.data.get("value")
    return Place({**entry.data, "value": expand(value, {})}) if isinstance(value, str) else entry


def _add_counts(meaning: Meaning, found: list[dict[str, Any]]) -> None:
    if found[0]["kind"] == "Deployment":
        meaning.add("count", "replicas", found[0]["spec"].get("replicas"))
        return
    sizes: dict[str, int] = {}
    for each in found:
        group = each["spec"]["template"]["metadata"]["labels"]["wingsctl/group"]
        sizes[group] = sizes.get(group, 0) + (each["spec"].get("replicas") or 0)
    meaning.add("count", "replicas", len(sizes))
    meaning.add("count", "nodes", max(sizes.values()))


def _add_companion(meaning: Meaning, each: dict[str, Any]) -> None:
    spec = each.get("spec", {})
    if each["kind"] == "Service" and spec.get("clusterIP") != "None":
        meaning.add("service", "port", spec["ports"][0]["port"])
        meaning.add("service", "type", spec.get("type", "ClusterIP"))
    if each["kind"] == "PersistentVolumeClaim":
        meaning.add("claim", "storage", spec["resources"]["requests"]["storage"])
        for key in ("accessModes", "storageClassName"):
            meaning.add("claim", key, spec.get(key))
    if each["kind"] == "ScaledObject":
        meaning.add("scaling", "min", spec.get("idleReplicaCount", spec.get("minReplicaCount")))
        meaning.add("scaling", "max", spec["maxReplicaCount"])
        for index, trigger in enumerate(spec["triggers"]):
            for key, value in trigger["metadata"].items():
                meaning.add("trigger", f"{index} {trigger['type']} {key}", value)
