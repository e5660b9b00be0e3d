"""Asks vLLM what one rank of a model holds."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

os.environ |= {
    "VLLM_LOGGING_LEVEL": "CRITICAL",
    "VLLM_TARGET_DEVICE": "cpu",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "critical",
    "VLLM_KIMI_K3_GEMM_AR": "0",  # a kernel that is imported as the model is built
}

import torch
import vllm_kernels
import vllm_platform
import vllm_processes
from bare_configs import read_as_it_stands
from fake_ranks import environment_kept
from layouts import PLAIN, Layout, further_layouts
from refusals import refused
from tensor_parts import sizes_of
from vllm.config import VllmConfig, set_current_vllm_config
from vllm.config.engram import _NGRAM_LAYER_FIELDS
from vllm.engine.arg_utils import EngineArgs
from vllm.model_executor.layers.attention_layer_base import AttentionLayerBase
from vllm.model_executor.model_loader.utils import initialize_model
from vllm.utils.torch_utils import set_default_torch_dtype

if TYPE_CHECKING:
    from engine_facts import Source

for stand_in in (vllm_processes, vllm_platform, vllm_kernels):
    stand_in.install()


def facts(source: Source) -> dict[str, Any]:
    """All of the facts file but what names the config and the engine."""
    with TemporaryDirectory() as name:
        model = _Model(Path(name), source)
        ranks = list(model.rows())
        return {"notes": sorted(model.notes), "ranks": ranks, **model.head}


class _Model:
    """A folder as the engine reads it, and what it said so far."""

    def __init__(self, folder: Path, source: Source) -> None:
        self.folder = folder
        self.head: dict[str, Any] = {"dtype": None, "max_length": None, "quantization": None}
        self.has_experts = False
        self.flags: dict[str, Any] = {}
        self.notes: set[str] = set()
        config = json.loads(source.config_path.read_text(encoding="utf-8"))
        config.pop("auto_map", None)  # names code of the repository, which is not here
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        if source.quant_path:
            shutil.copy(source.quant_path, folder / "hf_quant_config.json")
        self.is_bare = read_as_it_stands(config)
        if self.is_bare:
            self.notes.add("config read without its class, which is code of the repository")
        if any(name in _NGRAM_LAYER_FIELDS for name in config.get("architectures") or ()):
            self.flags["engram_config"] = {"cpu_offload": False}
            self.notes.add(
                "n-gram tables counted as on the GPU; by default they are in host memory"
            )

    def rows(self) -> Iterator[dict[str, Any]]:
        """One for each layout; the plain one alone where nothing can be built."""
        plain = self.row(PLAIN)
        if "is deprecated" in plain.get("why", ""):
            self.flags["allow_deprecated_quantization"] = True
            self.notes.add("asked with --allow-deprecated-quantization")
            plain = self.row(PLAIN)
        yield plain
        if "refused" not in plain:
            yield from map(
                self.row, further_layouts(plain["weights"], has_experts=self.has_experts)
            )

    def row(self, layout: Layout) -> dict[str, Any]:
        """What the rank holds, or why not."""
        with environment_kept():
            try:
                return layout.stated() | self._held(layout)
            except Exception as error:  # whatever the engine raises is a row
                is_plain = layout == PLAIN
                said = refused(error, is_plain=is_plain, read_as_it_stands=self.is_bare)
                said["why"] = said["why"].replace(self.folder.name, "MODEL")
                return layout.stated() | said

    def _held(self, layout: Layout) -> dict[str, Any]:
        config = self._engine_config(layout)
        with set_current_vllm_config(config), vllm_processes.groups(layout):
            with torch.device("meta"), set_default_torch_dtype(config.model_config.dtype):
                model = initialize_model(vllm_config=config)
            cache = cache_of(config)
        if layout == PLAIN:
            self.has_experts = config.model_config.is_moe
            self.head = {
                "dtype": str(config.model_config.dtype).removeprefix("torch."),
                "max_length": None if self.is_bare else config.model_config.max_model_len,
                "quantization": config.model_config.quantization,
            }
        return sizes_of(model) | {"cache": cache}

    def _engine_config(self, layout: Layout) -> VllmConfig:
        return EngineArgs(
            model=str(self.folder),
            skip_tokenizer_init=True,
            load_format="dummy",
            enforce_eager=True,
            tensor_parallel_size=layout.tensor,
            data_parallel_size=layout.data,
            pipeline_parallel_size=layout.pipeline,
            enable_expert_parallel=layout.expert_parallel,
            kv_cache_dtype=layout.cache_dtype,
            **self.flags,
        ).create_engine_config()


def cache_of(config: VllmConfig) -> list[dict[str, Any]]:
    """The kinds of caches, each with its number of layers."""
    kinds: Counter[str] = Counter()
    for layer in config.compilation_config.static_forward_context.values():
        if isinstance(layer, AttentionLayerBase) and not _uses_cache_of_another(layer):
            spec = layer.get_kv_cache_spec(config)
            if spec is not None:
                kinds[json.dumps(_kind(spec), sort_keys=True)] += 1
    return [{**json.loads(kind), "layers": count} for kind, count in sorted(kinds.items())]


def _uses_cache_of_another(layer: AttentionLayerBase) -> bool:
    return bool(getattr(layer, "kv_sharing_target_layer_name", None))


def _kind(spec: Any) -> dict[str, Any]:
    """A state has one page for a request, all other caches a page for a block of tokens."""
    kind = type(spec).__name__.removesuffix("Spec")
    if kind in ("Mamba", "CircularBuffer"):
        return {"kind": kind, "bytes_per_request": spec.page_size_bytes}
    spec_facts: dict[str, Any] = {"kind": kind, "bytes_per_token": _per_token(spec)}
    window = getattr(spec, "sliding_window", None)
    chunk = getattr(spec, "attention_chunk_size", None)
    spec_facts |= {"window": window} if window else {}
    return spec_facts | ({"chunk": chunk} if chunk else {})


def _per_token(spec: Any) -> int | float:
    whole, rest = divmod(spec.page_size_bytes, spec.block_size)
    return spec.page_size_bytes / spec.block_size if rest else whole
