"""Answers about a deployment -> the data of a profile that states them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Literal

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.versions import applies
from wingsctl.plan.cluster_pools import Pool

Goal = Literal["latency", "throughput", "context", "cost"]
CPU = "none"
CPU_LENGTH = 4096
CPU_CACHE_GIB = 4
"""What vLLM takes for the KV cache of a CPU by default (VLLM_CPU_KVCACHE_SPACE)."""
CPU_SPARE_GIB = 4
"""For the process itself, above weights and cache."""
MAX_NAME = 40


@dataclass(frozen=True)
class Answers:
    """What only a person can know; None and empty leave it to the calculation.

    `model` is a name of the catalog; with `config` (a path from the profile) one of their own.
    `source` has the profile's shape; `requests` at once, each of `length` tokens.
    """

    model: str
    name: str
    config: str = ""
    engine: str = "vllm"
    source: Mapping[str, Any] | None = None
    goal: Goal = "cost"
    length: int | None = None
    requests: int | None = None
    count: int | None = None
    nodes: int | None = None
    fabric: str = ""
    to_zero: bool = False


@dataclass(frozen=True)
class ModelNeeds:
    """What a profile spells out of the catalog's facts about a model."""

    args: Mapping[str, Any] = field(default_factory=dict)
    """Without which this engine does not load it."""
    weights_gib: float = 0.0
    is_gated: bool = False
    parsers: Mapping[str, str] = field(default_factory=dict)
    """Key of the profile -> the parser of this engine that it stands for."""


def profile_name(model: str) -> str:
    """A name for chart and release out of the last part of a model's name."""
    words = re.sub(r"[^a-z0-9]+", "-", model.rstrip("/").rsplit("/", 1)[-1].lower()).strip("-")
    words = words if words[:1].isalpha() else f"model-{words}"
    return words[:MAX_NAME].rstrip("-")


def needs_of(
    model: ModelProfile | None, engine: EngineProfile, version: str, weights_gib: float
) -> ModelNeeds:
    """Those of this version of the engine; none where nothing is known of the model."""
    if model is None:
        return ModelNeeds({}, weights_gib)
    args: dict[str, Any] = {}
    for row in model.required_args:
        if row.engine == engine.name and applies(row, version):
            args |= row.args
    is_gated = model.gate is not None and model.gate.needs_token
    return ModelNeeds(args, weights_gib, is_gated)


def build_profile(
    answers: Answers, pool: Pool, shape: tuple[int, int], length: int | None, needs: ModelNeeds
) -> dict[str, Any]:
    """`shape`: devices of a pod, and pods of a replica."""
    count, nodes = shape
    is_cpu = pool.accelerator == CPU
    data: dict[str, Any] = {
        "wingsctl": "v1",
        "name": answers.name,
        "model": _model(answers, length, needs),
        "engine": _cpu_engine(answers, needs) if is_cpu else _engine(answers, needs.args),
    }
    data |= {"nodes": nodes} if nodes > 1 else {}
    data["accelerator"] = CPU if is_cpu else _accelerator(pool, count)
    data |= {"fabric": _fabric(answers, pool)} if nodes > 1 else {}
    if pod := _pod(pool):
        data["pod"] = pod
    if answers.to_zero:
        data["autoscaling"] = {"min": 0, "max": 1}
    return data


def _model(answers: Answers, length: int | None, needs: ModelNeeds) -> Any:
    model: dict[str, Any] = {"name": answers.model}
    model |= {"config": answers.config} if answers.config else {}
    model |= {"maxLength": length} if length else {}
    model |= dict.fromkeys(needs.parsers, True)
    source = answers.source
    if source is None and needs.is_gated:
        source = {"huggingface": {"tokenSecret": {"name": "hf-token"}}}
    model |= {"source": dict(source)} if source else {}
    return model["name"] if len(model) == 1 else model


def _engine(answers: Answers, args: Mapping[str, Any]) -> Any:
    return {"name": answers.engine, "args": dict(args)} if args else answers.engine


def _cpu_engine(answers: Answers, needs: ModelNeeds) -> dict[str, Any]:
    """Memory of the host is the bound: weights, cache, and the process."""
    memory = ceil(needs.weights_gib + CPU_CACHE_GIB + CPU_SPARE_GIB)
    return {
        "name": answers.engine,
        "args": {**needs.args, "max-num-seqs": 8},
        "env": {"VLLM_CPU_KVCACHE_SPACE": CPU_CACHE_GIB},
        "resources": {
            "requests": {"cpu": "4", "memory": f"{memory}Gi"},
            "limits": {"memory": f"{memory}Gi"},
        },
    }


def _accelerator(pool: Pool, count: int) -> Any:
    section: dict[str, Any] = {"name": pool.accelerator, "count": count}
    section |= {"resource": pool.resource} if pool.resource else {}
    section |= {"strict": True} if not pool.is_alone and pool.is_labelled else {}
    return pool.accelerator if section == {"name": pool.accelerator, "count": 1} else section


def _fabric(answers: Answers, pool: Pool) -> Any:
    found = answers.fabric or pool.fabric or "ethernet"
    return found["name"] if isinstance(found, Mapping) and len(found) == 1 else found


def _pod(pool: Pool) -> dict[str, Any]:
    pod: dict[str, Any] = {}
    if not pool.is_alone and not pool.is_labelled and pool.label[0]:
        pod["nodeSelector"] = dict([pool.label])
    if pool.tolerations:
        pod["tolerations"] = [dict(each) for each in pool.tolerations]
    return pod
