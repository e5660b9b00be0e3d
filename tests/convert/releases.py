"""What helm makes of a converted profile -> its meaning."""

from __future__ import annotations

from typing import Any

from tests.convert.meaning import Meaning, add_flags
from tests.convert.places import Place
from tests.convert.pods import add_env, add_resources, add_settings, add_volumes
from tests.convert.scripts import engine_words
from tests.support.helm import WORKER_WORD, argv, expand, workloads


def release_meaning(objects: list[dict[str, Any]]) -> Meaning:
    """The leader's pod (or the only one), the numbers of pods, the Service, the scaler."""
    meaning = Meaning()
    found = workloads(objects)
    spec = Place(found[0]["spec"]["template"]["spec"])
    containers = {each.data["name"]: each for each in (spec / "containers").items()}
    engine = next(each for name, each in containers.items() if name.endswith("-engine"))
    words = argv(objects)
    end = words.index(WORKER_WORD) if WORKER_WORD in words else len(words)
    add_flags(meaning, engine_words([(word, Place(word)) for word in words[:end]]))
    add_env(meaning, [_expanded(each) for each in (engine / "env").items()])
    add_resources(meaning, engine / "resources")
    add_settings(meaning, spec)
    add_volumes(meaning, engine, spec)
    _add_counts(meaning, found)
    for each in objects:
        _add_companion(meaning, each)
    return meaning


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
        group = each["spec"]["template"]["metadata"]["labels"].get("wings-infer/group", each["metadata"]["name"])
        sizes[group] = sizes.get(group, 0) + (each["spec"].get("replicas") or 0)
    meaning.add("count", "replicas", len(sizes))
    meaning.add("count", "nodes", max(sizes.values()))


def _add_companion(meaning: Meaning, each: dict[str, Any]) -> None:
    spec = each.get("spec", {})
    if each["kind"] == "Service" and spec.get("clusterIP") != "None":
        meaning.add("service", "port", spec["ports"][0]["port"])
        meaning.add("service", "type", spec.get("type", "ClusterIP"))
    if each["kind"] == "ScaledObject":
        meaning.add("scaling", "min", spec.get("idleReplicaCount", spec.get("minReplicaCount")))
        meaning.add("scaling", "max", spec["maxReplicaCount"])
        for index, trigger in enumerate(spec["triggers"]):
            for key, value in trigger["metadata"].items():
                meaning.add("trigger", f"{index} {trigger['type']} {key}", value)
