"""Asks vLLM what the draft layers take that a model brings itself (multi-token prediction).

With `--speculative-config '{"method": "mtp"}'` vLLM makes a second, small model from the same
config.json. Each row has what engine_facts.py reports of a model: weights, parts, cache; and

shared   of the weights, the bytes of token embeddings and output layer: after loading vLLM lets the
         draft use those of the model, where pipeline parallelism does not part them

The cache of the draft's layers comes beside that of the model. Drafts with sparse attention (those
of DeepSeek V3.2 and GLM 5) cannot be asked yet: the latent attention of CPUs takes no indexer.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import vllm_processes
from layouts import Layout
from tensor_parts import sizes_of
from vllm.config import set_current_vllm_config
from vllm.model_executor.model_loader.utils import initialize_model
from vllm.utils.torch_utils import set_default_torch_dtype
from vllm_extras import LAYOUTS, Extra, facts_of
from vllm_ranks import cache_of

if TYPE_CHECKING:
    from engine_facts import Source

SHARED = re.compile(r"embed_tokens|embeddings?\.|lm_head|shared_head\.head")
"""Tensors of embedding and head, scales included (v1/spec_decode/llm_base_proposer.py)."""


def facts(source: Source) -> dict[str, Any]:
    """All of the facts file but what names the config and the engine."""
    return facts_of(_Draft, source)


class _Draft(Extra):
    """The draft model of the same config."""

    layouts = [*LAYOUTS, Layout(tensor=8, expert_parallel=True)]

    def __init__(self, folder: Path, source: Source) -> None:
        super().__init__(folder, source)
        self.flags["speculative_config"] = {"method": "mtp", "num_speculative_tokens": 1}

    def _held(self, layout: Layout) -> dict[str, Any]:
        config = self._engine_config(layout)
        if config.speculative_config is None:
            raise NotImplementedError("no draft model is made of this config")
        draft = config.speculative_config.draft_model_config
        with (
            set_current_vllm_config(config),
            vllm_processes.groups(layout),
            torch.device("meta"),
            set_default_torch_dtype(draft.dtype),
        ):
            model = initialize_model(vllm_config=config, model_config=draft)
        self.head |= {"dtype": str(draft.dtype).removeprefix("torch.")}
        sizes = sizes_of(model)
        shared = sum(size for name, (size, _) in sizes["parts"].items() if SHARED.search(name))
        return sizes | {"cache": cache_of(config), "shared": shared}
