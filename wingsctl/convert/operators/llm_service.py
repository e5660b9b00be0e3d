"""LLMInferenceService of KServe -> a Deployment or a group, and its scaling."""

from __future__ import annotations

import shlex
from typing import Any

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.operators.kserve_service import without_own_annotations
from wingsctl.convert.operators.kserve_storage import Storage, storage_of
from wingsctl.convert.shaped import flag, joined, overlaid, shaped

ADDITIONAL = "VLLM_ADDITIONAL_ARGS"
_DROPPED = {
    "prefill": ("prefill and decode run in one engine here", "keep the service as it is"),
    "baseRefs": ("a base is not in the input", "put what it says into the profile"),
    "kvCacheOffloading": ("is an argument of the engine", "set engine.args.kv-transfer-config"),
    "tracing": ("is an argument of the engine", "set engine.args.otlp-traces-endpoint"),
}
_ROUTER = {
    "scheduler": ("the Service spreads requests over the pods", "frontDoor: true is the nearest"),
    "gateway": ("a Gateway is the cluster's", "set httpRoute.parentRefs to attach a route to it"),
    "ingress": ("has another form here", "set ingress"),
    "route": ("KServe writes its own route", "set httpRoute"),
}


def translate_llm_service(conversion: Conversion, fields: Fields) -> list[Fields]:
    """The workload of the service; its parts for prefill and routing are reported."""
    spec = fields.at("spec")
    storage = storage_of(conversion, spec.at("model", "uri"))
    for key in ("prefill", "baseRefs"):
        if spec.get(key):
            conversion.warn(spec.at(key), f"{key}: {_DROPPED[key][0]}", _DROPPED[key][1])
    template, worker = spec.at("template"), spec.at("worker")
    leader = _template(spec, template, storage, _words(spec, storage))
    parts: dict[str, Any] = {"template": leader}
    if worker.data is not None:
        size = _group_size(spec, template)
        others = _template(spec, worker, storage, ["ray", "start"])
        parts = {
            "leaderWorkerTemplate": {
                "size": size, "leaderTemplate": leader, "workerTemplate": others
            }
        }  # fmt: skip
    parts |= {
        "replicas": spec.at("replicas"),
        "strategy": {"rollingUpdate": spec.at("rolloutStrategy")},
    }
    frame = {key: fields.at(key) for key in ("apiVersion", "kind", "status")}
    frame["metadata"] = without_own_annotations(fields)
    scaling = _scaling(fields, spec.at("scaling"))
    _settle_rest(spec)
    return [shaped(fields, {**frame, "spec": parts}), *scaling]


def _settle_rest(spec: Fields) -> None:
    for key, (note, remedy) in _DROPPED.items():
        spec.at(key).dropped(note, remedy)
    for key, (note, remedy) in _ROUTER.items():
        spec.at("router", key).dropped(note, remedy)
    lora = spec.at("model", "lora")
    lora.dropped("adapters are arguments", 'set engine.args: {lora-modules: ["NAME=PATH"]}')
    spec.at("model", "confidential").dropped("has no key", "keep the service as it is")
    spec.at("storageInitializer").implied("wingsctl downloads by itself")
    local = spec.at("parallelism", "dataLocal")
    local.implied("follows from parallelism.data and nodes")
    spec.at("parallelism", "dataRPCPort").implied("groups find each other by themselves")


def _words(spec: Fields, storage: Storage) -> list[Any]:
    """What KServe's template starts: vllm serve, with the name and the sizes."""
    sizes = spec.at("parallelism")
    expert = [joined("--enable-expert-parallel", sizes.at("expert"))]
    return [
        "vllm", "serve", *storage.words("vllm"),
        *flag("--served-model-name", spec.at("model", "name")),
        *flag("--tensor-parallel-size", sizes.at("tensor")),
        *flag("--pipeline-parallel-size", sizes.at("pipeline")),
        *flag("--data-parallel-size", sizes.at("data")),
        *(expert if sizes.get("expert") is True else []),
    ]  # fmt: skip


def _template(spec: Fields, template: Fields, storage: Storage, words: list[Any]) -> dict[str, Any]:
    """The pod, with the command that KServe's own template adds."""
    containers = template.items("containers")
    main = next((each for each in containers if each.text("name") == "main"), None)
    main = main or (containers[0] if containers else shaped(spec, {"name": "main"}))
    others = [each for each in containers if each is not main]
    pod = {
        "containers": [_main(main, storage, words), *others],
        "volumes": [*template.items("volumes"), *storage.volumes],
    }
    metadata = {key: spec.at(key) for key in ("labels", "annotations")}
    own = template if template.data is not None else shaped(spec, {"containers": []})
    return {"metadata": metadata, "spec": overlaid(own, pod)}


def _main(main: Fields, storage: Storage, words: list[Any]) -> Fields:
    """Its own command replaces KServe's; arguments go behind it."""
    entries = main.items("env")
    extra = next((each for each in entries if each.text("name") == ADDITIONAL), None)
    own = main.items("command")
    is_worker = words[:1] == ["ray"]
    further = [] if extra is None else _additional(extra, is_worker=is_worker)
    command = own or [*words, *([] if is_worker else main.items("args")), *further]
    if is_worker and not own:
        main.at("args").implied("workers start with the leader's arguments")
    return overlaid(
        main,
        {
            "command": command,
            "args": main.items("args") if own else [],
            "env": [each for each in entries if each is not extra],
            "volumeMounts": [*main.items("volumeMounts"), *storage.mounts],
        },
    )


def _additional(entry: Fields, *, is_worker: bool) -> list[Fields]:
    """The words of the variable, each under the flag that it belongs to."""
    value = entry.at("value")
    entry.at("name").implied("its words are arguments of the engine")
    if is_worker:
        value.implied("workers start with the leader's arguments")
        return []
    try:
        words = shlex.split(value.text())
    except ValueError:
        value.dropped("is no shell text: a quote is not closed", "set engine.args")
        return []
    part, found = "a word", []
    for word in words:
        part = word.split("=")[0] if word.startswith("-") else part
        found.append(Fields(value.ledger, value.path, word, part=part))
    return found


def _group_size(spec: Fields, template: Fields) -> Any:
    """Pods of a group: the data parallel ranks over those of one pod, or the stages."""
    sizes = spec.at("parallelism")
    data, local = sizes.number("data"), sizes.number("dataLocal")
    if data and local:
        return max(1, data // local)
    return max(2, sizes.number("pipeline") or 2)


def _scaling(fields: Fields, scaling: Fields) -> list[Fields]:
    if scaling.data is None:
        return []
    scaling.at("wva").dropped("no controller computes the number here", "set autoscaling.triggers")
    fewest = scaling.at("minReplicas")
    keda = scaling.at("keda")
    spec = overlaid(
        keda if isinstance(keda.data, dict) else shaped(fields, {"triggers": []}),
        {
            "scaleTargetRef": {
                "kind": "LLMInferenceService", "name": fields.text("metadata", "name")
            },
            "minReplicaCount": 1 if fewest.data is None else fewest,
            "maxReplicaCount": scaling.at("maxReplicas"),
        },
    )  # fmt: skip
    return [shaped(fields, {"apiVersion": "keda.sh/", "kind": "ScaledObject", "spec": spec})]
