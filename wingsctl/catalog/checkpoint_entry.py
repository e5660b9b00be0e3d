"""A checkpoint's own files -> its catalog entry, and what of it is not understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wingsctl.catalog.entry_model import NEAR
from wingsctl.catalog.model_config import ModelConfig, parse_model_config
from wingsctl.documents import Document
from wingsctl.errors import ProfileError
from wingsctl.models.keys import INNER
from wingsctl.models.minimal import MAPPINGS
from wingsctl.models.minimal_block import minimal_config
from wingsctl.models.modality import read_inputs, read_task
from wingsctl.models.tensors import Tensor, bytes_by_class, count_parameters
from wingsctl.models.weights import checkpoint_bytes, parameter_count

GIB = 2**30
MAX_KEYS = 1500
"""Of a config.json with its mappings, each of which is tried."""
MAX_RULES = 1000
"""Modules that a quantization block names apart; each is compared with each matrix."""


@dataclass(frozen=True)
class CheckpointFiles:
    """What was read of a checkpoint."""

    config: Document
    quant: Document | None
    """hf_quant_config.json."""
    tensors: Sequence[Tensor]
    """Empty where its weights are not in safetensors."""
    weight_bytes: int
    """Of all weight files; 0 where there are none."""
    is_gguf: bool = False
    """Whether they are GGUF, of which only the size is read."""


@dataclass(frozen=True)
class CheckpointFacts:
    """What the files say."""

    own: ModelConfig
    config: dict[str, Any]
    """The fewest keys of config.json from which the same is read."""
    parameters: int
    tensor_bytes: dict[str, dict[str, int]]
    weight_bytes: int
    doubts: tuple[str, ...]
    inputs: Sequence[str] = ()
    task: str | None = None
    quantization: str | None = None
    """The format of weights that config.json does not know of."""

    @property
    def method(self) -> str | None:
        """The quantization method, wherever it is stated."""
        return self.own.formats.method or self.quantization

    @property
    def number_types(self) -> list[str]:
        """Those of the tensors, the one with the most bytes first."""
        sums: dict[str, int] = {}
        for sizes in self.tensor_bytes.values():
            for name, size in sizes.items():
                sums[name] = sums.get(name, 0) + size
        return sorted(sums, key=lambda name: (-sums[name], name))


def read_checkpoint(files: CheckpointFiles) -> CheckpointFacts:
    """Raises ProfileError where config.json cannot be read, or is no model's."""
    own = parse_model_config(files.config, files.quant)
    _check_bounds(files.config, own)
    layers = len(own.model.layers)
    counted = count_parameters(files.tensors, layers, own.formats, is_tied=own.model.is_tied)
    read = parameter_count(own.model)
    quant = files.quant.data if files.quant else None
    return CheckpointFacts(
        own,
        minimal_config(files.config.data, quant if isinstance(quant, dict) else None),
        counted or read,
        bytes_by_class(files.tensors, layers),
        files.weight_bytes,
        tuple(_doubts(files, own, counted, read)),
        read_inputs(files.config.data),
        read_task(files.config.data),
        "gguf" if files.is_gguf else None,
    )


def _check_bounds(document: Document, own: ModelConfig) -> None:
    """Before each key and each rule is tried."""
    inner = [document.data.get(name) for name in MAPPINGS]
    count = sum(len(each) for each in (document.data, *inner) if isinstance(each, dict))
    problems = []
    if count > MAX_KEYS:
        problems.append(document.problem((), f"has {count} keys, more than {MAX_KEYS}"))
    if len(own.formats.rules) > MAX_RULES:
        message = f"names {len(own.formats.rules)} modules apart, more than {MAX_RULES}"
        problems.append(document.problem(("quantization_config",), message))
    if problems:
        raise ProfileError(f"{document.file} is not valid", problems=problems)


def _doubts(
    files: CheckpointFiles, own: ModelConfig, counted: int | None, read: int
) -> Iterator[str]:
    model, formats = own.model, own.formats
    for key in model.doubts:
        yield f"{key} of config.json is not part of the estimate"
    if formats.method and not (formats.default or formats.experts or formats.rules):
        yield f"the quantization {formats.method} is not known: weights are counted with 16 bits"
    if not files.tensors:
        yield "no weights in safetensors: parameters follow from config.json alone"
    elif counted is None:
        yield "packed weights of an unknown format: parameters follow from config.json alone"
    elif abs(counted - read) > NEAR * counted:
        yield f"the weights have {counted:,} parameters, config.json is read as {read:,}"
    elif formats.method:
        yield from _other_bytes(files, own)


def _other_bytes(files: CheckpointFiles, own: ModelConfig) -> Iterator[str]:
    """Where formats are read that the files do not have."""
    sizes = bytes_by_class(files.tensors, len(own.model.layers))
    held = sum(sum(each.values()) for kind, each in sizes.items() if kind != "draft")
    read = checkpoint_bytes(own.model, own.formats)
    if abs(held - read) > NEAR * held:
        yield f"the weights take {held / GIB:.2f} GiB, config.json is read as {read / GIB:.2f} GiB"


@dataclass(frozen=True)
class EntryOrigin:
    """What the entry says of its origin."""

    name: str
    revision: str
    source: str
    licence: str
    is_gated: bool | None


def build_entry(facts: CheckpointFacts, origin: EntryOrigin, note: str) -> dict[str, Any]:
    """The entry as it is written; empty values are left out."""
    made = {
        "name": origin.name,
        "config": facts.config,
        "parameters": facts.parameters,
        "quantization": facts.quantization,
        "checkpointGib": round(facts.weight_bytes / GIB, 6),
        "tensorBytes": facts.tensor_bytes,
        "revision": origin.revision,
        "source": origin.source,
        "note": note,
        **_looked_up(facts, origin),
    }
    return {key: value for key, value in made.items() if value}


def _looked_up(facts: CheckpointFacts, origin: EntryOrigin) -> dict[str, Any]:
    """What the file and the hub say beside the sizes."""
    task = {"task": facts.task} if facts.task else {}
    modality = {"inputs": list(facts.inputs), **task, "source": "its config.json"}
    found: dict[str, Any] = {"modality": modality}
    if origin.licence:
        found["licence"] = {"name": origin.licence, "source": origin.source}
    if origin.is_gated is not None:
        found["gate"] = {"needsToken": origin.is_gated, "source": origin.source}
    return found


def states_code(config: Document) -> bool:
    """Whether the repository has code of its own for this model."""
    inner = [config.data.get(name) for name in INNER]
    return any("auto_map" in each for each in (config.data, *inner) if isinstance(each, dict))
