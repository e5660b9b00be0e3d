"""Objects of other operators, and values of other charts -> their meaning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.convert.meaning import SIZES, Meaning, Words, add_flags, gibibytes, normal
from tests.convert.places import Place
from tests.convert.pods import (
    add_env,
    add_number,
    add_pod,
    add_resources,
    add_settings,
    add_volumes,
    add_worker,
    engine_of,
)


def add_scaling(meaning: Meaning, fewest: Place, most: Place, triggers: Place) -> None:
    """Bounds and triggers of a scaler."""
    for name, value in (("min", fewest), ("max", most)):
        if value.data is not None:
            meaning.add("scaling", name, int(value.data), value)
    for index, each in enumerate(triggers.items()):
        for key, value in (each / "metadata").entries():
            meaning.add("trigger", f"{index} {each.data.get('type')} {key}", str(value.data), value)


def _flags(meaning: Meaning, pairs: Iterable[tuple[str, Place]]) -> None:
    for name, value in pairs:
        if value.data is not None and (name not in SIZES or value.data != 1):
            meaning.add("flag", name, normal(value.data), value)


def add_cluster(meaning: Meaning, place: Place) -> None:
    """VLLMCluster."""
    spec = place / "spec"
    model, vllm, resources = spec / "model", spec / "vllm", spec / "resources"
    _flags(
        meaning,
        (
            ("model", model / "modelPath"),
            ("max-model-len", model / "maxModelLength"),
            ("quantization", model / "quantizationMethod"),
            ("revision", model / "revision"),
            ("tensor-parallel-size", vllm / "tensorParallelSize"),
            ("pipeline-parallel-size", vllm / "pipelineParallelSize"),
            ("gpu-memory-utilization", vllm / "gpuMemoryUtilization"),
            ("port", vllm / "servePort"),
            ("port", spec / "port"),
        ),
    )
    add_env(meaning, (vllm / "env").items())
    add_resources(meaning, resources / "resources")
    add_settings(meaning, resources)
    add_number(meaning, "replicas", spec / "replicas")
    scaling = spec / "autoScaling"
    if (scaling.data or {}).get("enabled"):
        add_scaling(meaning, scaling / "minReplicas", scaling / "maxReplicas", scaling / "triggers")


def add_hero(meaning: Meaning, place: Place) -> None:
    """InferenceService of a leader and workers."""
    spec = place / "spec"
    add_pod(meaning, spec.at("servers", "leader", "template"))
    add_number(meaning, "replicas", spec / "replicas")
    add_worker(meaning, spec.at("servers", "worker", "template"))
    workers = spec.at("servers", "worker", "replicas")
    if workers.data:
        meaning.add("count", "nodes", workers.data + 1, workers)


def add_stack(meaning: Meaning, place: Place, only: str) -> None:
    """Values of the production stack."""
    serving = place / "servingEngineSpec"
    models = [
        each for each in (serving / "modelSpec").items() if each.data.get("enabled") is not False
    ]
    model = next(each for each in models if only in ("", each.data["name"]))
    config = model / "vllmConfig"
    _flags(
        meaning,
        (
            ("model", model / "modelURL"),
            ("max-model-len", config / "maxModelLen"),
            ("dtype", config / "dtype"),
            ("tensor-parallel-size", config / "tensorParallelSize"),
            ("pipeline-parallel-size", config / "pipelineParallelSize"),
            ("max-num-seqs", config / "maxNumSeqs"),
            ("max-loras", config / "maxLoras"),
            ("gpu-memory-utilization", config / "gpuMemoryUtilization"),
            ("enable-lora", model / "enableLoRA"),
            ("enable-auto-tool-choice", model / "enableTool"),
            ("tool-call-parser", model / "toolCallParser"),
            ("revision", model / "modelRevision"),
            ("port", serving / "containerPort"),
        ),
    )
    _switch(meaning, config, "enablePrefixCaching", "enable-prefix-caching", default=False)
    _switch(meaning, config, "enableChunkedPrefill", "enable-chunked-prefill", default=None)
    add_flags(meaning, [(str(each.data), each) for each in (config / "extraArgs").items()])
    offload = model.at("lmcacheConfig", "enabled")
    if offload.data:
        connector = '{"kv_connector":"LMCacheConnectorV1","kv_role":"kv_both"}'
        meaning.add("flag", "kv-transfer-config", normal(connector), offload)
    add_env(meaning, [*(serving / "env").items(), *(model / "env").items()])
    _stack_resources(meaning, model)
    add_settings(meaning, model)
    add_settings(meaning, serving)
    if model.at("raySpec", "enabled").data:
        size = model / "replicaCount"
        meaning.add("count", "nodes", size.data + 1, size)
    else:
        add_number(meaning, "replicas", model / "replicaCount")
    _claim(meaning, model)
    keda = model / "keda"
    if (keda.data or {}).get("enabled"):
        add_scaling(meaning, keda / "minReplicaCount", keda / "maxReplicaCount", keda / "triggers")


def _switch(meaning: Meaning, config: Place, key: str, flag: str, *, default: Any) -> None:
    """The stack's chart writes the flag or its negation."""
    value = config / key
    if config.data is None or (value.data is None and default is None):
        return
    name = flag if (value.data if value.data is not None else default) else f"no-{flag}"
    meaning.add("flag", name, True, value)


def _claim(meaning: Meaning, model: Place) -> None:
    """The claim that the stack's chart makes; wingsctl's own has another name."""
    size, modes = model / "pvcStorage", model / "pvcAccessMode"
    if isinstance(size.data, str):
        meaning.add("volume", "persistentVolumeClaim demo-model", True, size)
        meaning.add("claim", "storage", size.data, size)
        if modes.data:
            meaning.add("claim", "accessModes", modes.data, modes)
        if model.data.get("storageClass"):
            meaning.add(
                "claim", "storageClassName", model.data["storageClass"], model / "storageClass"
            )


def _stack_resources(meaning: Meaning, model: Place) -> None:
    if (model / "resources").data:
        add_resources(meaning, model / "resources")
        return
    devices = model.data.get("requestGPUType", "nvidia.com/gpu")
    for kind, name, key in (
        ("requests", "cpu", "requestCPU"), ("requests", "memory", "requestMemory"),
        ("limits", "cpu", "limitCPU"), ("limits", "memory", "limitMemory"),
        ("devices", devices, "requestGPU"),
    ):  # fmt: skip
        value = model / key
        if value.data is not None:
            meaning.add(kind, name, gibibytes(value.data), value)


def add_kserve(meaning: Meaning, place: Place) -> None:
    """InferenceService of KServe."""
    predictor = place.at("spec", "predictor")
    model = predictor / "model"
    if model.data is None:
        add_pod(meaning, _Template(predictor.data, predictor.path, predictor.lines))
    else:
        words: Words = [(str(each.data), each) for each in (model / "args").items()]
        renamed = {"--model_name": "--served-model-name", "--model_id": "--model"}
        add_flags(meaning, [(_renamed(text, renamed), each) for text, each in words])
        add_env(meaning, (model / "env").items())
        add_resources(meaning, model / "resources")
        add_settings(meaning, predictor)
        _storage(meaning, model / "storageUri")
    worker = predictor / "workerSpec"
    _flags(
        meaning,
        (
            ("pipeline-parallel-size", worker / "pipelineParallelSize"),
            ("tensor-parallel-size", worker / "tensorParallelSize"),
        ),
    )
    add_number(meaning, "nodes", worker / "pipelineParallelSize", 1)
    fewest, most = predictor / "minReplicas", predictor / "maxReplicas"
    if (most.data or 0) > (fewest.data or 1):
        add_scaling(meaning, fewest, most, Place([]))
    else:
        add_number(meaning, "replicas", fewest)


def _renamed(text: str, names: dict[str, str]) -> str:
    name, equals, value = text.partition("=")
    return f"{names.get(name, name)}{equals}{value}"


class _Template(Place):
    """A predictor whose own keys are those of a pod's spec."""

    def __truediv__(self, key: str | int) -> Place:
        return (
            Place(self.data, self.path, self.lines) if key == "spec" else super().__truediv__(key)
        )


def _storage(meaning: Meaning, uri: Place) -> None:
    scheme, _, rest = str(uri.data or "").partition("://")
    if scheme == "hf":
        meaning.add("flag", "model", rest.split(":")[0], uri)
    elif scheme == "pvc":
        meaning.add("flag", "model", f"/mnt/models of {rest}", uri)
        meaning.add("volume", f"persistentVolumeClaim {rest.split('/')[0]}", True, uri)


def add_llm(meaning: Meaning, place: Place) -> None:
    """LLMInferenceService of KServe."""
    spec = place / "spec"
    sizes = spec / "parallelism"
    _storage(meaning, spec.at("model", "uri"))
    _flags(
        meaning,
        (
            ("served-model-name", spec.at("model", "name")),
            ("tensor-parallel-size", sizes / "tensor"),
            ("pipeline-parallel-size", sizes / "pipeline"),
            ("data-parallel-size", sizes / "data"),
        ),
    )
    template = spec / "template"
    container = engine_of(template)
    entries = (container / "env").items()
    extra = [each for each in entries if each.data["name"] == "VLLM_ADDITIONAL_ARGS"]
    for each in extra:
        value = each / "value"
        add_flags(meaning, [(word, value.as_part("?")) for word in value.data.split()])
    add_env(meaning, [each for each in entries if each not in extra])
    add_flags(meaning, [(str(each.data), each) for each in (container / "args").items()])
    add_resources(meaning, container / "resources")
    add_settings(meaning, template)
    add_volumes(meaning, container, template)
    add_number(meaning, "replicas", spec / "replicas")
    if (spec / "worker").data is not None and sizes.at("pipeline").data:
        meaning.add("count", "nodes", sizes.data["pipeline"], sizes / "pipeline")
