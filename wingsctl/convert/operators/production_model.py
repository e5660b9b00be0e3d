"""One modelSpec of the production stack -> image, command, variables and resources."""

from __future__ import annotations

from typing import Any

from wingsctl.convert.fields import Fields
from wingsctl.convert.shaped import flag, joined, shaped, switch

_FLAGS = (
    ("maxModelLen", "--max-model-len"),
    ("dtype", "--dtype"),
    ("tensorParallelSize", "--tensor-parallel-size"),
    ("pipelineParallelSize", "--pipeline-parallel-size"),
    ("maxNumSeqs", "--max-num-seqs"),
    ("gpuMemoryUtilization", "--gpu-memory-utilization"),
    ("maxLoras", "--max-loras"),
    ("runner", "--runner"),
    ("convert", "--convert"),
)
"""helm/templates/deployment-vllm-multi.yaml of vllm-project/production-stack, 0.1.11."""
_HAMI = ("requestGPUMem", "requestGPUMemPercentage", "requestGPUCores", "limitGPUMem",
         "limitGPUMemPercentage", "limitGPUCores")  # fmt: skip
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def model_container(serving: Fields, model: Fields) -> dict[str, Any]:
    """The container that the stack's chart makes of a model, without volumes and variables."""
    repository, tag = model.at("repository"), model.at("tag")
    image = joined(f"{repository.text()}:{tag.text() or 'latest'}", repository, tag)
    return {
        "name": "vllm",
        "image": image,
        "imagePullPolicy": serving.at("imagePullPolicy"),
        "command": _command(serving, model),
        "resources": model_resources(model),
        "securityContext": serving.at("containerSecurityContext"),
        **{key: serving.at(key) for key in _PROBES},
    }


def _command(serving: Fields, model: Fields) -> list[Any]:
    config, tools = model.at("vllmConfig"), model.at("toolCallParser")
    lora = model.at("enableLoRA")
    if lora.data is False:
        lora.implied("is the default")
    words: list[Any] = ["vllm", "serve", model.at("modelURL")]
    words += flag("--port", serving.at("containerPort"))
    words += switch("--enable-lora", lora) + switch(
        "--enable-auto-tool-choice", model.at("enableTool")
    )
    words += flag("--tool-call-parser", tools) if tools.text() else []
    words += _prefix_caching(config)
    words += switch(
        "--enable-chunked-prefill", config.at("enableChunkedPrefill"),
        negation="--no-enable-chunked-prefill",
    )  # fmt: skip
    for key, name in _FLAGS:
        words += flag(name, config.at(key))
    words += config.items("extraArgs")
    words += flag("--revision", model.at("modelRevision")) if model.text("modelRevision") else []
    _settle_config(model, config)
    return [*words, *_template(model.at("chatTemplate")), *_offloading(model.at("lmcacheConfig"))]


def _prefix_caching(config: Fields) -> list[Any]:
    """The stack's chart switches it off unless the values switch it on."""
    value = config.at("enablePrefixCaching")
    if config.data is None:
        return []
    if value.data is None:
        return ["--no-enable-prefix-caching"]
    return switch("--enable-prefix-caching", value, negation="--no-enable-prefix-caching")


def _template(template: Fields) -> list[Any]:
    text = template.text()
    if not text:
        return []
    return ["--chat-template", joined(text if "{" in text else f"/templates/{text}", template)]


def _offloading(cache: Fields) -> list[Any]:
    """LMCache: the connector's flag stays; the rest of it are variables of LMCache."""
    enabled = cache.at("enabled")
    role = cache.text("kvRole") or "kv_both"
    if enabled.data is not True:
        cache.implied("LMCache is switched off")
        return []
    connector = f'{{"kv_connector":"LMCacheConnectorV1","kv_role":"{role}"}}'
    cache.at("kvRole").changed("engine.args.kv-transfer-config", "in the connector's JSON")
    return [joined("--kv-transfer-config", enabled), joined(connector, enabled)]


def _settle_config(model: Fields, config: Fields) -> None:
    for key in ("v0", "v1"):
        config.at(key).dropped("the engine's version decides", "set engine.version")
    config.at("prometheusMultiprocDir").implied("the chart has a writable directory for it")
    model.at("shmSize").implied("/dev/shm of the pod has the right size")


_CACHE_ENV = (
    ("logLevel", "LMCACHE_LOG_LEVEL"),
    ("cpuOffloadingBufferSize", "LMCACHE_MAX_LOCAL_CPU_SIZE"),
    ("diskOffloadingBufferSize", "LMCACHE_MAX_LOCAL_DISK_SIZE"),
)


def model_environment(serving: Fields, model: Fields) -> list[Any]:
    """The variables that the stack's chart sets."""
    configs = [{"name": name, "value": value} for name, value in serving.entries("configs")]
    secret = model.at("envFromSecret")
    for each in (serving, model):
        if not each.get("env"):
            each.at("env").implied("is empty")
    secret.dropped("a profile takes variables one by one", "name each key in engine.env")
    return [
        *configs,
        *_secret("HF_TOKEN", model.at("hf_token")),
        *_secret("VLLM_API_KEY", serving.at("vllmApiKey")),
        *serving.items("env"),
        *model.items("env"),
        *_cache_environment(model.at("lmcacheConfig")),
    ]


def _secret(name: str, value: Fields) -> list[Any]:
    if isinstance(value.data, str) and value.data:
        return [{"name": name, "value": value}]
    if value.text("secretName"):
        reference = {"name": value.at("secretName"), "key": value.at("secretKey")}
        return [{"name": name, "valueFrom": {"secretKeyRef": reference}}]
    value.implied("is empty")
    return []


def _cache_environment(cache: Fields) -> list[Any]:
    if cache.get("enabled") is not True:
        return []
    given = [(name, cache.at(key)) for key, name in _CACHE_ENV]
    found: list[Any] = [
        {"name": name, "value": joined(value.text(), value)}
        for name, value in given
        if value.data is not None
    ]
    size = cache.number("cpuOffloadingBufferSize")
    local = [{"name": "LMCACHE_LOCAL_CPU", "value": "True"}] if size else []
    cache.dropped("a setting of LMCache without a key", "set its variable in engine.env")
    return [*found, *local, {"name": "LMCACHE_USE_EXPERIMENTAL", "value": "True"}]


def model_resources(model: Fields) -> Any:
    """Requests and limits out of the short fields, or as they are."""
    for key in _HAMI:
        model.at(key).dropped("shares of a card have no key", "use accelerator.resource, or MIG")
    if model.get("resources"):
        model.at("requestGPUType").dropped("resources decides")
        for key in ("requestCPU", "requestMemory", "requestGPU", "limitCPU", "limitMemory"):
            model.at(key).dropped("resources decides")
        return model.at("resources")
    devices = model.text("requestGPUType") or "nvidia.com/gpu"
    model.at("requestGPUType").changed("accelerator.resource", "where the card has another")
    count = model.at("requestGPU") if model.number("requestGPU") else None
    requests = {
        "cpu": model.at("requestCPU"), "memory": model.at("requestMemory"), devices: count
    }  # fmt: skip
    limits = {"cpu": model.at("limitCPU"), "memory": model.at("limitMemory"), devices: count}
    return shaped(model, {"requests": requests, "limits": limits})
