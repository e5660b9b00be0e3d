"""The files of a checkpoint that state facts, each read as far as it is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wingsctl.adapters.checkpoint import (
    INDEX,
    MAX_INDEX_BYTES,
    MAX_SHARDS,
    Checkpoint,
    read_header,
    read_json,
    unusable,
)
from wingsctl.catalog.checkpoint_entry import (
    CheckpointFacts,
    CheckpointFiles,
    read_checkpoint,
    states_code,
)
from wingsctl.catalog.tensor_header import parse_shard_index, parse_tensor_header
from wingsctl.documents import Document
from wingsctl.errors import ProfileError
from wingsctl.models.tensors import Tensor

GGUF = ".gguf"
OTHER_WEIGHTS = (".bin", ".pt", ".pth", GGUF)
_PART = re.compile(r"-\d{5}-of-\d{5}(?=\.gguf$)")
TEMPLATES = ("chat_template.jinja", "chat_template.json")
_EVERYTHING = 2**62


@dataclass(frozen=True)
class ReadCheckpoint:
    """What the files say, and what is worth a word."""

    facts: CheckpointFacts
    has_chat_template: bool
    remarks: Sequence[str]


def read_files(checkpoint: Checkpoint) -> ReadCheckpoint:
    """Raises ProfileError where a file is missing or cannot be used."""
    config = read_json(checkpoint, "config.json")
    if config is None:
        raise _no_config(checkpoint)
    tensors, weight_bytes = _weights(checkpoint)
    quant = read_json(checkpoint, "hf_quant_config.json")
    files = CheckpointFiles(config, quant, tensors, weight_bytes, is_gguf(checkpoint))
    facts = read_checkpoint(files)
    tokenizer = read_json(checkpoint, "tokenizer_config.json", MAX_INDEX_BYTES)
    generation = read_json(checkpoint, "generation_config.json")
    has_template = _has_template(checkpoint, tokenizer)
    remarks = tuple(_remarks(config, tokenizer, generation, facts))
    return ReadCheckpoint(facts, has_template, remarks)


def _no_config(checkpoint: Checkpoint) -> ProfileError:
    gguf = any(name.endswith(GGUF) for name in checkpoint.sizes)
    hint = "put the original model's config.json beside the GGUF file" if gguf else ""
    return unusable("config.json", "is missing", hint or "is this a model's directory?")


def _weights(checkpoint: Checkpoint) -> tuple[list[Tensor], int]:
    """All tensors, and the bytes of the files that hold them."""
    names, listed = _shards(checkpoint)
    tensors: dict[str, tuple[str, Tensor]] = {}
    for name in names:
        document, size = read_header(checkpoint, name)
        for tensor in parse_tensor_header(document, size):
            if tensor.name in tensors:
                raise unusable(name, f"holds {tensor.name}, as {tensors[tensor.name][0]} does")
            tensors[tensor.name] = name, tensor
    _check_listed(listed, {name: file for name, (file, _) in tensors.items()})
    held = sum(checkpoint.sizes[each] for each in names or _other_files(checkpoint))
    return [tensor for _, tensor in tensors.values()], held


def _other_files(checkpoint: Checkpoint) -> list[str]:
    """Weights in other forms; of GGUF one file, or the parts of one."""
    found = [each for each in checkpoint.sizes if each.endswith(OTHER_WEIGHTS)]
    models = {_PART.sub("", each) for each in found if each.endswith(GGUF)}
    if len(models) > 1:
        names = ", ".join(sorted(models)[:4])
        raise unusable(names, "are several GGUF models", "give a directory with the one to serve")
    return found


def is_gguf(checkpoint: Checkpoint) -> bool:
    """Whether its only weights are in GGUF files."""
    kinds = (".safetensors", *OTHER_WEIGHTS)
    found = [each for each in checkpoint.sizes if each.endswith(kinds)]
    return bool(found) and all(each.endswith(GGUF) for each in found)


def _shards(checkpoint: Checkpoint) -> tuple[list[str], dict[str, str]]:
    """The files that an engine loads, and what the index says of their tensors."""
    index = read_json(checkpoint, INDEX, MAX_INDEX_BYTES)
    listed = parse_shard_index(index) if index else {}
    found = [each for each in checkpoint.sizes if each.endswith(".safetensors")]
    split = [each for each in found if not each.startswith("consolidated")]
    names = sorted(set(listed.values())) or (
        ["model.safetensors"] if "model.safetensors" in found else sorted(split or found)
    )
    if missing := [each for each in names if each not in checkpoint.sizes]:
        raise unusable(INDEX, f"names {missing[0]}, which is missing", "download all of its files")
    if len(names) > MAX_SHARDS:
        raise unusable(INDEX, f"names {len(names)} files, more than {MAX_SHARDS}")
    return names, listed


def _check_listed(listed: dict[str, str], found: dict[str, str]) -> None:
    """An index names what its files hold; raises ProfileError."""
    wrong = [name for name, file in listed.items() if found.get(name) != file]
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise unusable(INDEX, f"names {wrong[0][:200]}{more}, which {listed[wrong[0]]} lacks")


def _has_template(checkpoint: Checkpoint, tokenizer: Document | None) -> bool:
    inner = tokenizer.data if tokenizer and isinstance(tokenizer.data, dict) else {}
    return any(each in checkpoint.sizes for each in TEMPLATES) or bool(inner.get("chat_template"))


def _remarks(
    config: Document,
    tokenizer: Document | None,
    generation: Document | None,
    facts: CheckpointFacts,
) -> Iterator[str]:
    if states_code(config):
        yield "the repository has code of its own: an engine without this class needs its consent"
    length = _number(tokenizer, "model_max_length")
    if length and facts.own.model.positions and length < facts.own.model.positions:
        yield f"tokenizer_config.json allows {length} tokens"
    if tokens := _number(generation, "max_new_tokens"):
        yield f"generation_config.json ends an answer after {tokens} tokens"


def _number(document: Document | None, key: str) -> int | None:
    """A sensible count; transformers writes 10**30 for none."""
    found = document.data.get(key) if document and isinstance(document.data, dict) else None
    is_count = isinstance(found, int) and not isinstance(found, bool) and 0 < found < _EVERYTHING
    return found if is_count else None
