"""InferenceService of KServe -> a Deployment or a group, and its scaling."""

from __future__ import annotations

from typing import Any

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.operators.kserve_arguments import hugging_face_words
from wingsctl.convert.operators.kserve_storage import Storage, storage_of
from wingsctl.convert.shaped import flag, joined, overlaid, shaped

_FORMATS = ("huggingface", "vllm", "sglang")
_MODEL_KEYS = (
    "env", "envFrom", "resources", "image", "imagePullPolicy", "ports", "volumeMounts",
    "securityContext", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle",
    "workingDir", "stdin", "tty", "terminationMessagePath", "terminationMessagePolicy",
)  # fmt: skip
_NO_POD = {
    "logger": "the gateway writes an access log: gateway.log",
    "batcher": "the engine joins requests by itself",
    "canaryTrafficPercent": "a second release with another Service does it",
    "storageContainerName": "wingsctl downloads by itself",
    "storageUris": "a profile has one source",
}
_PREDICTOR_KEYS = (
    "minReplicas", "maxReplicas", "scaleTarget", "scaleMetric", "scaleMetricType", "autoScaling",
    "timeout", "containerConcurrency", "deploymentStrategy", "model", "workerSpec", "labels",
    "annotations", "storageUri", *_NO_POD,
)  # fmt: skip
_NO_KEY = {
    "storage": "the place of the weights is model.source",
    "confidential": "has no key",
    "resizePolicy": "has no key",
    "restartPolicy": "the engine is started again in its container",
    "restartPolicyRules": "the engine is started again in its container",
    "stdinOnce": "the engine reads no input",
    "volumeDevices": "a model lies in a file system",
}
NOT_AN_ENGINE = "starts no engine that wingsctl knows"


def translate_kserve_service(conversion: Conversion, fields: Fields) -> list[Fields]:
    """The predictor; a transformer or an explainer is a workload of its own."""
    spec, predictor = fields.at("spec"), fields.at("spec", "predictor")
    for key in ("transformer", "explainer", "canary"):
        spec.at(key).dropped("is a workload of its own", "keep it, with the release's address")
    for key, note in _NO_POD.items():
        predictor.at(key).dropped(note)
    storage = storage_of(conversion, predictor.at("model", "storageUri"))
    pod = _pod(conversion, fields, predictor, storage)
    predictor.at("containerConcurrency").dropped(
        "the gateway bounds what runs at once", "set gateway.limits.maxInFlight"
    )
    worker = predictor.at("workerSpec")
    parts = _group(predictor, worker, pod) if worker.data is not None else {"template": pod}
    parts |= {"strategy": predictor.at("deploymentStrategy")}
    return [_shape(fields, predictor, parts), *_scaling(fields, predictor)]


def read_kserve_service(conversion: Conversion, fields: Fields) -> None:
    """The pods, and what the gateway bounds."""
    from wingsctl.convert.kubernetes.leader_worker_set import read_group

    read_group(conversion, fields)
    timeout = fields.at("timeout")
    if timeout.number() is not None:
        key = "gateway.limits.firstByteTimeoutSeconds"
        conversion.change(timeout, key, timeout.number(), "until the first byte of an answer")


def without_own_annotations(fields: Fields) -> Fields:
    """The metadata without what KServe's controller reads."""
    kept = {}
    for key, value in fields.entries("metadata", "annotations"):
        if key.startswith(
            ("serving.kserve.io/", "serving.knative.dev/", "autoscaling.knative.dev/")
        ):
            value.implied("plain pods, without KServe's controller")
        else:
            kept[key] = value
    return overlaid(fields.at("metadata"), {"annotations": kept})


def _shape(fields: Fields, predictor: Fields, parts: dict[str, Any]) -> Fields:
    frame = {key: fields.at(key) for key in ("apiVersion", "kind", "status")}
    frame["metadata"] = without_own_annotations(fields)
    spec = {**parts, "replicas": _replicas(predictor)}
    return shaped(fields, {**frame, "spec": spec, "timeout": predictor.at("timeout")})


def _pod(
    conversion: Conversion, fields: Fields, predictor: Fields, storage: Storage
) -> dict[str, Any]:
    metadata = {key: predictor.at(key) for key in ("labels", "annotations")}
    own: dict[str, Any] = {
        key: predictor.at(key) for key in predictor.mapping() if key not in _PREDICTOR_KEYS
    }
    model = predictor.at("model")
    volumes = [*predictor.items("volumes"), *storage.volumes]
    made = [] if model.data is None else [_model_container(conversion, fields, model, storage)]
    own["containers"] = [*made, *predictor.items("containers")]
    return {"metadata": metadata, "spec": {**own, "volumes": volumes}}


def _model_container(
    conversion: Conversion, fields: Fields, model: Fields, storage: Storage
) -> dict[str, Any]:
    engine = _engine(conversion, model.at("modelFormat", "name"))
    for key in ("modelFormat", "runtime", "runtimeVersion", "protocolVersion"):
        model.at(key).implied("the engine's own image and server")
    for key, note in _NO_KEY.items():
        model.at(key).dropped(note)
    model.at("name").implied("the containers are wings-infer and <engine>-engine")
    found = {key: model.at(key) for key in _MODEL_KEYS}
    mounts = [*model.items("volumeMounts"), *storage.mounts]
    words = _words(fields, model, storage, engine) if engine else []
    return {**found, "name": "kserve-container", "volumeMounts": mounts, "command": words}


def _engine(conversion: Conversion, kind: Fields) -> str:
    """The engine that serves a format, empty where none does."""
    name = kind.text().lower()
    if name and name not in _FORMATS:
        kind.dropped(f"the format {NOT_AN_ENGINE}", "keep the service as it is")
        conversion.warn(kind, f"the format {name} {NOT_AN_ENGINE}", "keep the service as it is")
        return ""
    engine = "sglang" if name == "sglang" else "vllm"
    kind.changed("engine.name", f"{engine} serves it: clients call /v1, without /openai before it")
    return engine


def _words(fields: Fields, model: Fields, storage: Storage, engine: str) -> list[Any]:
    """KServe's runtimes start the engine with the service's name as the model's."""
    if model.items("command"):
        return [*model.items("command"), *model.items("args")]
    given, named, has_model = hugging_face_words(model.items("args"))
    head = ["vllm", "serve"] if engine == "vllm" else ["python3", "-m", "sglang.launch_server"]
    name = [] if named else ["--served-model-name", fields.text("metadata", "name")]
    where = [] if has_model else storage.words(engine)
    return [*head, *where, *name, *given]


def _group(predictor: Fields, worker: Fields, pod: dict[str, Any]) -> dict[str, Any]:
    """A head and workers by Ray: `pipelineParallelSize` pods."""
    pipeline, tensor = worker.at("pipelineParallelSize"), worker.at("tensorParallelSize")
    size = pipeline.number() or 2
    containers = list(pod["spec"]["containers"]) or [{"command": []}]
    sizes = [
        *flag("--pipeline-parallel-size", pipeline), *flag("--tensor-parallel-size", tensor)
    ]  # fmt: skip
    leader = _with_words(containers[0], sizes)
    own = {
        key: worker.at(key)
        for key in worker.mapping()
        if key not in ("pipelineParallelSize", "tensorParallelSize", "containers")
    }
    joining = {"command": ["ray", "start"], "args": [], "volumeMounts": leader["volumeMounts"]}
    shared = {**pod["spec"], **own}
    for each in worker.items("containers"):
        for key in ("command", "args"):
            each.at(key).implied("workers join their group by themselves")
    others = [overlaid(each, joining) for each in worker.items("containers")]
    workers: list[Any] = [*others] or [{**leader, **joining}]
    head = {**pod, "spec": {**pod["spec"], "containers": [leader, *containers[1:]]}}
    return {
        "leaderWorkerTemplate": {
            "size": joined(str(size), pipeline) if pipeline.data else size,
            "leaderTemplate": head,
            "workerTemplate": {**pod, "spec": {**shared, "containers": workers}},
        }
    }


def _with_words(container: Any, words: list[Any]) -> dict[str, Any]:
    """A container whose command has some words more."""
    if not isinstance(container, Fields):
        return {**container, "command": [*container["command"], *words]}
    own = {key: container.at(key) for key in container.mapping()}
    command = [*container.items("command"), *container.items("args"), *words]
    mounts = container.items("volumeMounts")
    return {**own, "command": command, "args": [], "volumeMounts": mounts}


def _is_fixed(predictor: Fields) -> bool:
    fewest, most = predictor.number("minReplicas"), predictor.number("maxReplicas")
    return most is None or (fewest or 1) >= most


def _replicas(predictor: Fields) -> Fields | None:
    return predictor.at("minReplicas") if _is_fixed(predictor) else None


_BY_RESOURCE = {"cpu": "cpu", "memory": "memory"}


def _scaling(fields: Fields, predictor: Fields) -> list[Fields]:
    """Between two numbers, by what the front door holds or by a resource."""
    target, metric = predictor.at("scaleTarget"), predictor.at("scaleMetric")
    predictor.at("autoScaling").dropped("metrics are triggers of KEDA", "set autoscaling.triggers")
    if _is_fixed(predictor):
        predictor.at("maxReplicas").implied("the number does not change")
        for each in (target, metric, predictor.at("scaleMetricType")):
            each.dropped("the number of pods does not change")
        return []
    kind = metric.text() or "concurrency"
    triggers: list[Any] = []
    if kind in _BY_RESOURCE and target.data is not None:
        text = {"value": joined(target.text(), target)}
        triggers = [{"type": metric, "metricType": "Utilization", "metadata": text}]
    elif kind == "concurrency" and target.data is not None:
        metric.changed("autoscaling.triggers", "by the requests at the front door")
        metadata = {"targetValue": joined(target.text(), target)}
        triggers = [{"type": "metrics-api", "preset": "front-door", "metadata": metadata}]
    else:
        target.dropped("requests per second are no measure of work", "set autoscaling.triggers")
    metric.changed("autoscaling", "by the requests at the front door")
    predictor.at("scaleMetricType").implied("follows from the trigger")
    fewest = predictor.at("minReplicas")
    spec = {
        "scaleTargetRef": {"kind": "InferenceService", "name": fields.text("metadata", "name")},
        "minReplicaCount": 1 if fewest.data is None else fewest,
        "maxReplicaCount": predictor.at("maxReplicas"),
        "triggers": triggers,
    }
    return [shaped(fields, {"apiVersion": "keda.sh/", "kind": "ScaledObject", "spec": spec})]
