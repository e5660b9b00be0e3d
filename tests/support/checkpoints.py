"""Small checkpoints in the real formats: config.json, safetensors files, their index."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wingsctl.models.tensors import BITS

CONFIG = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 64,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
    "intermediate_size": 128, "vocab_size": 512, "max_position_embeddings": 4096,
    "tie_word_embeddings": False, "rms_norm_eps": 1e-6, "torch_dtype": "bfloat16",
}  # fmt: skip
Shapes = Mapping[str, tuple[str, Sequence[int]]]
"""Tensor -> type of number and shape."""
LAYER = {
    "self_attn.q_proj": (64, 64), "self_attn.k_proj": (32, 64), "self_attn.v_proj": (32, 64),
    "self_attn.o_proj": (64, 64), "mlp.gate_proj": (128, 64), "mlp.up_proj": (128, 64),
    "mlp.down_proj": (64, 128),
}  # fmt: skip


def shapes(dtype: str = "BF16") -> dict[str, tuple[str, Sequence[int]]]:
    """The tensors of CONFIG; `dtype` is that of the layers' matrices."""
    found: dict[str, tuple[str, Sequence[int]]] = {
        "model.embed_tokens.weight": ("BF16", (512, 64)),
        "model.norm.weight": ("BF16", (64,)),
        "lm_head.weight": ("BF16", (512, 64)),
    }
    for index in range(2):
        layer = f"model.layers.{index}"
        for name, shape in LAYER.items():
            found[f"{layer}.{name}.weight"] = dtype, shape
        for name, width in (("input_layernorm", 64), ("self_attn.q_norm", 16)):
            found[f"{layer}.{name}.weight"] = "BF16", (width,)
    return found


def header_of(tensors: Shapes) -> dict[str, Any]:
    """The JSON of a safetensors header."""
    made: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (dtype, shape) in tensors.items():
        first, end = end, end + math.prod(shape) * BITS[dtype] // 8
        made[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [first, end]}
    return made


def safetensors(tensors: Shapes) -> bytes:
    """A whole file; all values are 0."""
    made = header_of(tensors)
    size = max((each["data_offsets"][1] for each in made.values() if "dtype" in each), default=0)
    return framed(json.dumps(made).encode()) + bytes(size)


def framed(header: bytes) -> bytes:
    """The length of a header, and the header, padded as the format wants."""
    padded = header + b" " * (-len(header) % 8)
    return len(padded).to_bytes(8, "little") + padded


def files(config: Mapping[str, Any] | None = None, *, shards: int = 1) -> dict[str, bytes]:
    """Name -> content of a checkpoint, its weights in one file or in several with an index."""
    found = {
        "config.json": json.dumps(config or CONFIG).encode(),
        "tokenizer_config.json": json.dumps({"chat_template": "{{ messages }}"}).encode(),
        "generation_config.json": b"{}",
    }
    if shards == 1:
        return found | {"model.safetensors": safetensors(shapes())}
    names = list(shapes())
    parts = [names[each::shards] for each in range(shards)]
    listed = {}
    for number, part in enumerate(parts, 1):
        file = f"model-{number:05}-of-{shards:05}.safetensors"
        found[file] = safetensors({name: shapes()[name] for name in part})
        listed |= dict.fromkeys(part, file)
    index = {"metadata": {"total_size": 0}, "weight_map": listed}
    return found | {"model.safetensors.index.json": json.dumps(index).encode()}


def write(directory: Path, content: Mapping[str, bytes]) -> Path:
    """The files, in a directory that is made."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (directory / name).write_bytes(data)
    return directory
