"""The quantization block of a checkpoint without what changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wingsctl.models.architecture import Model
from wingsctl.models.formats import Format, Formats
from wingsctl.models.keys import INNER
from wingsctl.models.matrices import matrices_of
from wingsctl.models.minimal import minimal
from wingsctl.models.quantization import read_formats
from wingsctl.models.read import read_model


def minimal_config(config: dict[str, Any], quant: dict[str, Any] | None = None) -> dict[str, Any]:
    """The fewest keys of a config.json from which the same model and formats are read.

    `quant`: NVIDIA's hf_quant_config.json beside it. Raises UnusableConfigError.
    """
    block = minimal_block(config, quant)
    return minimal(config) | ({"quantization_config": block} if block else {})


def minimal_block(config: dict[str, Any], quant: dict[str, Any] | None) -> dict[str, Any]:
    """The quantization block without what changes nothing; empty where nothing is quantised."""
    formats = read_formats(config, quant)
    if formats.method is None:
        return {}
    inner: dict[str, Any] = next(
        (config[key] for key in INNER if isinstance(config.get(key), dict)), {}
    )
    block = config.get("quantization_config") or inner.get("quantization_config")
    if not block:
        found = quant or {}
        block = {"quant_method": "modelopt", **found.get("quantization", found)}
    model = read_model({key: each for key, each in config.items() if key != "quantization_config"})
    return _smallest(model, config, dict(block))


def _smallest(model: Model, config: dict[str, Any], block: dict[str, Any]) -> dict[str, Any]:
    """Keys, then names of its lists, one by one."""
    wanted = formats_with(model, config, block)
    for key in [each for each in block if each != "quant_method"]:
        without = {name: value for name, value in block.items() if name != key}
        if formats_with(model, config, without) == wanted:
            block = without
    for key, value in list(block.items()):
        if isinstance(value, list) and value and isinstance(value[0], str):
            block[key] = _fewest(model, config, block, key)
        elif key == "quantized_layers":
            block[key] = _by_name(value)
        elif key == "config_groups":
            block[key] = {name: _group(each) for name, each in value.items()}
    return block


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    """What a format follows from."""
    keys = ("num_bits", "type", "strategy", "group_size")
    weights = group.get("weights") or {}
    kept = {key: weights[key] for key in keys if weights.get(key) is not None}
    outer = {key: group[key] for key in ("format", "targets") if group.get(key)}
    return {**outer, "weights": kept}


def _fewest(model: Model, config: dict[str, Any], block: dict[str, Any], key: str) -> list[str]:
    """Names without layers where all layers have them, as far as one is needed."""
    wanted = formats_with(model, config, block)
    found: dict[str, list[str]] = {}
    for name in block[key]:
        found.setdefault(without_layer(name), []).append(name)
    for short in list(found):
        fewer = {name: names for name, names in found.items() if name != short}
        for tried in (fewer, {**found, short: [short]}):
            if formats_with(model, config, {**block, key: flat(tried)}) == wanted:
                found = tried
                break
    return flat(found)


def flat(found: Mapping[str, list[str]]) -> list[str]:
    return [name for names in found.values() for name in names]


def without_layer(name: str) -> str:
    return re.sub(r"^.*layers\.\d+\.", "", name)


def _by_name(layers: Mapping[str, Any]) -> dict[str, Any]:
    """One line for a module of all layers."""
    found: dict[str, Any] = {}
    for name, layer in layers.items():
        short = without_layer(re.sub(r"experts\.\d+(\.\w+)?", "experts", name))
        found[short] = {"quant_algo": layer["quant_algo"]}
    return found


def formats_with(model: Model, config: dict[str, Any], block: dict[str, Any]) -> tuple[Any, ...]:
    """What this quantization block makes of the cache and of every layer."""
    outer = {key: value for key, value in config.items() if key not in INNER}
    formats = read_formats({**outer, "quantization_config": block})
    return formats.cache_bytes, formats_by_layer(model, formats)


def formats_by_layer(model: Model, formats: Formats) -> list[tuple[Format | None, ...]]:
    """The format of the head, then for each layer the formats of its matrices."""
    known: dict[object, tuple[Format | None, ...]] = {}
    found: list[tuple[Format | None, ...]] = [(formats.of(None, "lm_head"),)]
    for index, layer in enumerate(model.layers):
        kind = layer, formats.kind_of(index)
        if kind not in known:
            known[kind] = tuple(formats.of(index, each.name) for each in matrices_of(model, layer))
        found.append(known[kind])
    return found
