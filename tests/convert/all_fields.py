"""An object of a foreign kind in which every field of its schema is set."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "fields"
_ENGINE = {"name": "engine", "image": "vllm/vllm-openai:v0.33.0", "args": ["Qwen/Qwen3-8B"]}
_POD = {"containers": [_ENGINE]}
_SAMPLES: dict[str, Any] = {
    "string": "text", "integer": 2, "boolean": True, "number": 0.5, "intstr": 1, "quantity": "1Gi",
    "object": {"example": "text"}, "any": "text", "pod": _POD, "array": ["text"],
}  # fmt: skip


@dataclass(frozen=True)
class ForeignKind:
    """One kind: its list of fields, the frame around them, and values that must mean something."""

    file: str
    title: str
    frame: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)


def _object(version: str, kind: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "all"}}


KINDS = (
    ForeignKind(
        "vllm-cluster", "VLLMCluster, training.distributed-inference.io",
        _object("training.distributed-inference.io/v1alpha1", "VLLMCluster"),
    ),
    ForeignKind(
        "hero-inference-service", "InferenceService, system.hero.ai",
        _object("system.hero.ai/v1alpha1", "InferenceService"),
    ),
    ForeignKind(
        "scaled-object", "ScaledObject, keda.sh", _object("keda.sh/v1alpha1", "ScaledObject")
    ),
    ForeignKind(
        "leader-worker-set", "LeaderWorkerSet, leaderworkerset.x-k8s.io",
        _object("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"),
    ),
    ForeignKind(
        "production-stack", "Values of vLLM's production stack",
        given={"servingEngineSpec.modelSpec[].pvcStorage": "1Gi"},
    ),
    ForeignKind(
        "kserve-inference-service", "InferenceService, serving.kserve.io",
        _object("serving.kserve.io/v1beta1", "InferenceService"),
        {"spec.predictor.model.modelFormat.name": "vLLM", "spec.predictor.maxReplicas": 3},
    ),
    ForeignKind(
        "kserve-llm-inference-service", "LLMInferenceService, serving.kserve.io",
        _object("serving.kserve.io/v1alpha2", "LLMInferenceService"),
        {"spec.model.uri": "hf://Qwen/Qwen3-8B"},
    ),
)  # fmt: skip


def fields_of(kind: ForeignKind) -> dict[str, str]:
    """The paths of all fields, and their types."""
    lines = (FOLDER / f"{kind.file}.txt").read_text("utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def source_of(kind: ForeignKind) -> str:
    """Where the list is from."""
    return (FOLDER / f"{kind.file}.txt").read_text("utf-8").splitlines()[0].removeprefix("# ")


def all_set(kind: ForeignKind) -> dict[str, Any]:
    """The object with a value in each field."""
    found: dict[str, Any] = {**kind.frame}
    for path, type_ in fields_of(kind).items():
        value = kind.given.get(path, type_[1:] if type_.startswith("=") else _SAMPLES[type_])
        _put(found, steps_of(path), value)
    return found


def steps_of(path: str) -> list[str | int]:
    """`a.b[].*` as keys: the first entry of a list, an example of a free key."""
    steps: list[str | int] = []
    for part in path.split("."):
        name = part.removesuffix("[]")
        if name == "{pod spec}":
            return steps
        steps.append("example" if name == "*" else name)
        steps += [0] * part.count("[]")
    return steps


def _put(data: Any, steps: list[str | int], value: Any) -> None:
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        empty: Any = [] if following == 0 else {}
        if isinstance(step, int):
            if not data:
                data.append(value if following is None else empty)
            data = data[0]
        elif following is None:
            data[step] = {**data.get(step, {}), **value} if isinstance(value, dict) else value
        else:
            data = data.setdefault(step, empty)


def is_below(row_path: str, path: str) -> bool:
    """Whether a row is about a field of a list, or something in it."""
    wanted = re.sub(r"\[\]", "[0]", path).replace(".*", ".example").replace(".{pod spec}", "")
    return row_path == wanted or row_path.startswith((f"{wanted}.", f"{wanted}["))
