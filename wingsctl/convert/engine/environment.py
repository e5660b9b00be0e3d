"""The variables of the engine's container -> the profile's keys, engine.env, or nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.engine.model_place import is_local
from wingsctl.convert.fields import Fields
from wingsctl.convert.secret_texts import is_secret_name
from wingsctl.convert.words import Variable, Variables
from wingsctl.plan.environment import ENGINE_ENV, GROUP_ENV

_FABRIC = re.compile(r"^(NCCL|GLOO|UCX|NVSHMEM|HCCL|RCCL|FI|TP_SOCKET|MC)_")
_ENGINE_OWN = re.compile(
    r"^(VLLM|SGLANG|SGL|HF|HUGGING|TRANSFORMERS|CUDA|NVIDIA|NCCL|GLOO|TORCH|PYTORCH|OMP|TRITON"
    r"|FLASHINFER|LMCACHE|RAY|PYTHON|LD|HIP|ROCM|HCCL|ASCEND|TOKENIZERS|MODELSCOPE|OTEL)_"
)
_TOKENS = {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_TOKEN", "HUGGINGFACE_TOKEN",
           "HUGGINGFACE_HUB_TOKEN", "HF_API_TOKEN"}  # fmt: skip
CACHES = {"HF_HOME", "HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE", "TRANSFORMERS_CACHE",
           "MODELSCOPE_CACHE", "XDG_CACHE_HOME", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",
           "VLLM_CACHE_ROOT", "TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR"}  # fmt: skip
_OUTSIDE = re.compile(r"\$\([A-Za-z_][A-Za-z0-9_]*\)")
_DEVICES = {"CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES",
            "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ASCEND_RT_VISIBLE_DEVICES",
            "ASCEND_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"}  # fmt: skip
_OF_GROUPS = {"VLLM_HOST_IP", "SGLANG_HOST_IP", "HOST_IP", "MASTER_ADDR", "MASTER_PORT",
              "NODE_RANK", "NNODES", "RAY_ADDRESS", "RANK", "WORLD_SIZE"}  # fmt: skip


@dataclass(frozen=True)
class EnvEntry:
    """One variable as the container gets it: a text, or where Kubernetes finds it."""

    name: str
    text: str | None
    source: dict[str, Any] | None
    fields: Fields

    @property
    def is_outside(self) -> bool:
        """Whether the value comes from the surroundings of a command or compose file."""
        return self.source is None and (
            self.text is None or _OUTSIDE.fullmatch(self.text) is not None
        )


def env_entries(items: Iterable[Fields]) -> list[EnvEntry]:
    """The entries of a container's `env`."""
    return [
        EnvEntry(
            each.text("name"),
            None if each.get("valueFrom") is not None else each.text("value"),
            each.mapping("valueFrom") or None,
            each,
        )
        for each in items
    ]


def variables_of(entries: Iterable[EnvEntry]) -> Variables:
    """The variables for a command that uses them."""
    found = {}
    for each in entries:
        reference = (each.source or {}).get("secretKeyRef")
        secret = (
            {"name": str(reference.get("name", "")), "key": str(reference.get("key", ""))}
            if isinstance(reference, dict)
            else None
        )
        found[each.name] = Variable(each.text, each.fields, secret)
    return Variables(found)


def read_environment(
    conversion: Conversion, entries: Iterable[EnvEntry], variables: Variables
) -> None:
    """All variables; the command must have been read before."""
    for entry in entries:
        handler = next((rule for test, rule in _RULES if test(conversion, entry)), _carry)
        known = variables.by_name.get(entry.name)
        if handler is _carry and known and known.used and not _ENGINE_OWN.match(entry.name):
            entry.fields.changed("", "the command uses it: its value is written out there")
            continue
        handler(conversion, entry)


def script_entries(conversion: Conversion) -> list[EnvEntry]:
    """The variables that the workload's scripts set for the engine."""
    exported = conversion.workload.exported
    return [EnvEntry(name, each.text, None, each.fields) for name, each in exported.items()]


def _token(conversion: Conversion, entry: EnvEntry) -> None:
    if is_local(conversion):
        entry.fields.dropped("the weights are on a volume: no hub is asked")
        return
    key = "model.source.modelscope" if entry.name.startswith("MODELSCOPE") else _HUB
    _refer(conversion, entry, f"{key}.tokenSecret", "hub-token")


_HUB = "model.source.huggingface"


def _refer(conversion: Conversion, entry: EnvEntry, key: str, purpose: str) -> None:
    """A Secret that has a key of its own in the profile."""
    reference = (entry.source or {}).get("secretKeyRef")
    if isinstance(reference, dict):
        value = {"name": str(reference.get("name", "")), "key": str(reference.get("key", ""))}
        conversion.carry(entry.fields, key, value)
    elif entry.text or entry.is_outside:
        value = conversion.refer_to_secret(entry.fields, purpose)
        conversion.change(entry.fields, key, value, "a reference to a Secret takes its place")
    else:
        entry.fields.dropped("is no reference to a Secret", f"set {key}")


def _api_key(conversion: Conversion, entry: EnvEntry) -> None:
    _refer(conversion, entry, "gateway.auth.secret", "api-keys")


def _cache(conversion: Conversion, entry: EnvEntry) -> None:
    entry.fields.implied("caches and the hub's mode are set by model.source")


def _device(conversion: Conversion, entry: EnvEntry) -> None:
    entry.fields.dropped("Kubernetes gives a pod its devices", "accelerator.count is their number")


def _of_group(conversion: Conversion, entry: EnvEntry) -> None:
    entry.fields.implied("wingsctl sets it where pods form a group")


def _of_chart(conversion: Conversion, entry: EnvEntry) -> None:
    entry.fields.implied("the chart sets it")


def _modelscope(conversion: Conversion, entry: EnvEntry) -> None:
    if (entry.text or "").lower() in ("", "0", "false"):
        entry.fields.implied("Hugging Face is the default")
    elif is_local(conversion):
        entry.fields.dropped("the weights are on a volume: no hub is asked")
    else:
        conversion.change(entry.fields, "model.source.modelscope", {}, "the hub by its key")


def _secret(conversion: Conversion, entry: EnvEntry) -> None:
    if entry.text == "":
        entry.fields.dropped("is empty")
        return
    reference = conversion.refer_to_secret(entry.fields, entry.name.replace("_", "-"), "value")
    conversion.change(
        entry.fields,
        ("engine", "env", entry.name),
        {"valueFrom": {"secretKeyRef": reference}},
        "a reference to a Secret takes its place",
    )


def _carry(conversion: Conversion, entry: EnvEntry) -> None:
    key = ("engine", "env", entry.name)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,255}", entry.name):
        entry.fields.dropped("is no name of a variable")
    elif entry.is_outside and not conversion.workload.in_kubernetes:
        entry.fields.dropped("its value is not in the input", f"set engine.env.{entry.name}")
    elif entry.source is not None:
        _carry_source(conversion, entry, key)
    elif "$(" in (entry.text or ""):
        value = {"expand": entry.text}
        conversion.change(entry.fields, key, value, "Kubernetes expands it, which is written out")
    elif conversion.workload.group_size and _FABRIC.match(entry.name):
        conversion.carry(entry.fields, ("fabric", "env", entry.name), entry.text or "")
    else:
        conversion.carry(entry.fields, key, entry.text or "")


_SOURCES = ("secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef")


def _carry_source(conversion: Conversion, entry: EnvEntry, key: tuple[str, ...]) -> None:
    source = entry.source or {}
    if set(source) - set(_SOURCES):
        entry.fields.dropped("comes from where a profile cannot refer to", "write its value")
    else:
        conversion.carry(entry.fields, key, {"valueFrom": source})


def _named(names: set[str]) -> Callable[[Conversion, EnvEntry], bool]:
    return lambda conversion, entry: entry.name in names


def _is_engine_default(conversion: Conversion, entry: EnvEntry) -> bool:
    engine = conversion.workload.engine
    return engine is not None and entry.name in engine.env and entry.source is None


_RULES: tuple[
    tuple[Callable[[Conversion, EnvEntry], bool], Callable[[Conversion, EnvEntry], None]], ...
] = (
    (_named({*_TOKENS, "MODELSCOPE_API_TOKEN"}), _token),
    (_named({"VLLM_API_KEY"}), _api_key),
    (_named({"VLLM_USE_MODELSCOPE", "SGLANG_USE_MODELSCOPE"}), _modelscope),
    (_named(CACHES), _cache),
    (_named(_DEVICES), _device),
    (_named(_OF_GROUPS), _of_group),
    (_named({*ENGINE_ENV, *GROUP_ENV, "HOME", "USER"}), _of_chart),
    (lambda _, entry: entry.name.startswith("LWS_"), _of_group),
    (_is_engine_default, _of_chart),
    (
        lambda conversion, entry: (
            entry.source is None
            and (is_secret_name(entry.name) or conversion.secrets.holds_secret(entry.text or ""))
        ),
        _secret,
    ),
)
