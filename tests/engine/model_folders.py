"""Folders with a model's config.json, as an engine finds them: of every model of the catalog."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.models.evidence import (
    FILES,
    config_file,
    models,
    read_config,
    repositories_with_config,
    twins,
)

BLOCKS: dict[str, dict[str, Any]] = {
    "awq": {
        "quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "version": "gemm",
    },
    "gptq": {"quant_method": "gptq", "bits": 4, "group_size": 128, "desc_act": False},
}  # fmt: skip
"""What checkpoints of these formats say of themselves, for a model whose own has 16 bits."""
EXPERT_KEYS = ("num_experts", "num_local_experts", "n_routed_experts")


def folder_of(place: Path, repository: str, quantization: str | None = None) -> Path | None:
    """The model's folder below `place`; None where its sizes alone do not make a config.json."""
    config = config_of(repository)
    if config is None:
        return None
    block = BLOCKS.get(quantization or "")
    added = block if block and "quantization_config" not in config else None
    name = repository.replace("/", "--") + (f"--{quantization}" if added else "")
    folder = place / name
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(config | ({"quantization_config": added} if added else {}))
    (folder / "config.json").write_text(text, encoding="utf-8")
    quant = FILES / "hf_quant" / config_file(repository).name
    if quant.is_file():
        shutil.copy(quant, folder / "hf_quant_config.json")
    return folder


def config_of(repository: str) -> dict[str, Any] | None:
    """Its own file, that of its twin, or one made of the sizes in its entry."""
    if repository in repositories_with_config():
        return read_config(repository)
    if row := twins().get(repository):
        config = read_config(row["of"])
        config.pop("quantization_config", None)
        if length := row.get("maxPositionEmbeddings"):
            config["max_position_embeddings"] = length
            config.pop("rope_scaling", None)  # by the other model's factor
        return config
    return of_sizes(models()[repository].model_dump(exclude_none=True).get("architecture") or {})


def of_sizes(sizes: dict[str, Any]) -> dict[str, Any] | None:
    """A config.json of a text model; None for one whose file has several parts."""
    if not sizes or "vision_config" in sizes:
        return None
    plain = {key: each for key, each in sizes.items() if not isinstance(each, dict)}
    experts = dict(sizes.get("moe", {}))
    number = experts.pop("num_experts", None)
    experts |= dict.fromkeys(EXPERT_KEYS, number) if number else {}
    if "top_k" in experts:
        experts["num_experts_per_tok"] = experts.pop("top_k")
    window = sizes.get("sliding_window", {}).get("window")
    return plain | experts | sizes.get("mla", {}) | ({"sliding_window": window} if window else {})
