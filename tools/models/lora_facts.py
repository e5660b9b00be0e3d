"""Writes how many bytes of buffers vLLM makes on one rank for LoRA adapters.

    lora_facts.py CONFIG.json... > tests/models/data/lora_buffers.csv

Run it with the engine's Python. The engine's own manager wraps the model on torch's meta device.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import vllm_processes
from engine_facts import Source
from fake_ranks import environment_kept
from layouts import Layout
from vllm.config import set_current_vllm_config
from vllm.lora.layers.base import BaseLayerWithLoRA
from vllm.lora.model_manager import LoRAModelManager
from vllm.model_executor.model_loader.utils import initialize_model
from vllm.utils.torch_utils import set_default_torch_dtype
from vllm_ranks import _Model

COLUMNS = ("model", "tensor", "loras", "rank", "sharded", "bytes")
CASES = ((1, 1, 16, False), (1, 4, 64, False), (4, 4, 64, False), (4, 4, 64, True))


def main(paths: list[Path]) -> None:
    """One row for each case that vLLM builds."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for path in paths:
        for row in rows(path):
            writer.writerow([path.stem.replace("--", "/", 1), *row])
            sys.stdout.flush()


def rows(path: Path) -> Iterator[list[Any]]:
    for tensor, loras, rank, is_sharded in CASES:
        with TemporaryDirectory() as name, environment_kept():
            model = _Model(Path(name), Source(path))
            model.flags |= {
                "enable_lora": True, "max_loras": loras, "max_lora_rank": rank,
                "fully_sharded_loras": is_sharded,
            }  # fmt: skip
            try:
                held = buffers(model, Layout(tensor=tensor))
            except Exception as error:
                print(f"{path.stem}: {error!r:.300}", file=sys.stderr)
                return
            yield [tensor, loras, rank, int(is_sharded), held]


def buffers(model: _Model, layout: Layout) -> int:
    config = model._engine_config(layout)
    with (
        set_current_vllm_config(config), vllm_processes.groups(layout),
        torch.device("meta"), set_default_torch_dtype(config.model_config.dtype),
    ):  # fmt: skip
        built = initialize_model(vllm_config=config)
        LoRAModelManager(
            built, 8, 64, config.model_config.get_vocab_size(), config.lora_config,
            torch.device("meta"), config,
        )  # fmt: skip
    layers = {id(each): each for each in built.modules() if isinstance(each, BaseLayerWithLoRA)}
    found: dict[int, torch.Tensor] = {}
    for layer in layers.values():
        for value in vars(layer).values():
            for each in value if isinstance(value, (tuple, list)) else (value,):
                if isinstance(each, torch.Tensor) and each.dtype == config.lora_config.lora_dtype:
                    found[id(each)] = each
    return sum(each.numel() * each.element_size() for each in found.values() if not each._is_view())


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
