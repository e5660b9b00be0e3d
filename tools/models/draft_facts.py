"""Writes what the layers that predict further tokens add to one rank, as vLLM lays them out.

    draft_facts.py CONFIG.json... > tests/models/data/draft_layers.csv

Run it with the engine's Python. A row has the model, the layout, the bytes of the parameters of
the draft without the embedding and the head (which it shares with the model, v1/spec_decode/
llm_base_proposer.py), the number of draft layers, and the bytes of its caches per token.
"""

from __future__ import annotations

import csv
import re
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
from vllm.model_executor.model_loader.utils import initialize_model
from vllm.utils.torch_utils import set_default_torch_dtype
from vllm_ranks import _Model, cache_of

LAYOUTS = (Layout(), Layout(tensor=8), Layout(tensor=8, expert_parallel=True))
COLUMNS = ("model", "tensor", "expert", "layers", "weights", "cache_bytes_per_token")
SHARED = re.compile(r"embed_tokens|embeddings?\.|lm_head|shared_head\.head")


def main(paths: list[Path]) -> None:
    """One row for each layout that vLLM builds."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for path in paths:
        quant = path.parents[1] / "hf_quant" / path.name
        source = Source(path, quant if quant.is_file() else None)
        for row in rows(source):
            writer.writerow([path.stem.replace("--", "/", 1), *row])
            sys.stdout.flush()


def rows(source: Source) -> Iterator[list[Any]]:
    with TemporaryDirectory() as name:
        model = _Model(Path(name), source)
        model.flags["speculative_config"] = {"method": "mtp", "num_speculative_tokens": 1}
        for layout in LAYOUTS:
            with environment_kept():
                try:
                    yield row(model, layout)
                except Exception as error:
                    print(f"{source.config_path.stem}: {layout}: {error!r:.300}", file=sys.stderr)
                    if layout == Layout():
                        return


def row(model: _Model, layout: Layout) -> list[Any]:
    config = model._engine_config(layout)
    draft = config.speculative_config.draft_model_config
    with set_current_vllm_config(config), vllm_processes.groups(layout):
        with torch.device("meta"), set_default_torch_dtype(config.model_config.dtype):
            built = initialize_model(vllm_config=config, model_config=draft)
        cache = cache_of(config)
    held = {name: value for name, value in built.named_parameters() if not SHARED.search(name)}
    weights = sum(value.numel() * value.element_size() for value in held.values())
    count = len({found[0] for name in held if (found := re.search(r"layers\.(\d+)\.", name))})
    tokens = sum(each["layers"] * each.get("bytes_per_token", 0) for each in cache)
    return [layout.tensor, int(layout.expert_parallel), count, weights, tokens]


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
