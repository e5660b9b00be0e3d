"""Whether an object runs an engine at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.images import engine_of_image
from wingsctl.convert.kinds import COMPOSE, Kind

_ANY_POD = ("Deployment", "StatefulSet", "Pod", COMPOSE)
"""Kinds whose pods may run anything; all other workloads are about models."""
_STARTS = ("vllm serve", "vllm.entrypoints", "sglang.launch_server", "sglang serve")


def runs_engine(conversion: Conversion, kind: Kind, fields: Fields) -> bool:
    """Whether a workload starts vLLM or SGLang, as far as its images and commands say so."""
    if kind.name not in _ANY_POD or conversion.wishes.engine:
        return True
    return any(map(container_runs_engine, containers_in(fields.data)))


def containers_in(data: Any) -> Iterator[dict[str, Any]]:
    """All containers anywhere in an object, and what stands for one in a compose file."""
    if not isinstance(data, dict):
        return
    if "image" in data:
        yield data
    for key, value in data.items():
        if key == "containers" and isinstance(value, list):
            yield from (each for each in value if isinstance(each, dict))
        else:
            yield from containers_in(value)


def container_runs_engine(container: dict[str, Any]) -> bool:
    """Whether one container does."""
    words: list[str] = []
    for key in ("command", "args", "entrypoint"):
        value = container.get(key)
        words += map(str, value) if isinstance(value, list) else [str(value or "")]
    text = " ".join(" ".join(words).split())
    image = str(container.get("image") or "")
    return engine_of_image(image) != "" or any(each in text for each in _STARTS)
