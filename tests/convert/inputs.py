"""Kubernetes' own objects, groups and scalers of an input -> their meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.convert import foreign, texts
from tests.convert.meaning import Meaning
from tests.convert.places import Place, documents_of
from tests.convert.pods import Scripts, add_number, add_pod, add_worker


def meaning_of(paths: Sequence[Path], only: str = "") -> Meaning:
    """All that some files state about the workload that is converted."""
    meaning = Meaning()
    for path in paths:
        if path.suffix in (".sh", ".txt"):
            texts.add_text(meaning, path.read_text("utf-8"))
            continue
        found = objects_of(path)
        scripts = scripts_of(found)
        for each in sorted(found, key=_rank):
            _read(meaning, each, scripts, only)
    return meaning


def _read(meaning: Meaning, place: Place, scripts: Scripts, only: str) -> None:
    kind, group = place.data.get("kind"), str(place.data.get("apiVersion")).split("/")[0]
    if kind in ("Deployment", "StatefulSet"):
        _deployment(meaning, place, scripts)
    elif (kind, group) in READERS:
        READERS[(kind, group)](meaning, place)
    elif "servingEngineSpec" in place.data:
        foreign.add_stack(meaning, place, only)
    elif "services" in place.data:
        texts.add_compose(meaning, place)


def scripts_of(objects: list[Place]) -> Scripts:
    """Files of all ConfigMaps."""
    maps = [each / "data" for each in objects if each.data.get("kind") == "ConfigMap"]
    return {name: value for each in maps for name, value in each.entries()}


def objects_of(path: Path) -> list[Place]:
    """All objects of a file, those of lists one by one."""
    found = list(documents_of(path))
    lists = [
        item
        for each in found
        if each.data.get("kind") == "List"
        for item in (each / "items").items()
    ]
    return [*(each for each in found if each.data.get("kind") != "List"), *lists]


def _rank(place: Place) -> bool:
    return place.data.get("kind") == "Service"


def _deployment(meaning: Meaning, place: Place, scripts: Scripts) -> None:
    add_pod(meaning, place.at("spec", "template"), scripts)
    add_number(meaning, "replicas", place.at("spec", "replicas"))


def _pod(meaning: Meaning, place: Place) -> None:
    add_pod(meaning, place)


def _group(meaning: Meaning, place: Place) -> None:
    template = place.at("spec", "leaderWorkerTemplate")
    add_number(meaning, "nodes", template / "size", 1)
    add_number(meaning, "replicas", place.at("spec", "replicas"))
    leader = template / "leaderTemplate"
    add_pod(meaning, leader if leader.data is not None else template / "workerTemplate")
    add_worker(meaning, template / "workerTemplate")


def _service(meaning: Meaning, place: Place) -> None:
    ports = place.at("spec", "ports").items()
    if place.at("spec", "clusterIP").data == "None" or not ports:
        return
    meaning.add(
        "service", "port", ports[0].data["port"], ports[0] / "port", place.at("spec", "selector")
    )
    kind = place.at("spec", "type")
    if kind.data not in (None, "ClusterIP"):
        meaning.add("service", "type", kind.data, kind)


def _scaled(meaning: Meaning, place: Place) -> None:
    spec = place / "spec"
    add_scaling(meaning, spec / "minReplicaCount", spec / "maxReplicaCount", spec / "triggers")


def add_scaling(meaning: Meaning, fewest: Place, most: Place, triggers: Place) -> None:
    """Bounds and triggers of a scaler."""
    foreign.add_scaling(meaning, fewest, most, triggers)


READERS: dict[tuple[Any, str], Callable[[Meaning, Place], None]] = {
    ("Pod", "v1"): _pod,
    ("LeaderWorkerSet", "leaderworkerset.x-k8s.io"): _group,
    ("Service", "v1"): _service,
    ("ScaledObject", "keda.sh"): _scaled,
    ("VLLMCluster", "training.distributed-inference.io"): foreign.add_cluster,
    ("InferenceService", "system.hero.ai"): foreign.add_hero,
    ("InferenceService", "serving.kserve.io"): foreign.add_kserve,
    ("LLMInferenceService", "serving.kserve.io"): foreign.add_llm,
}
