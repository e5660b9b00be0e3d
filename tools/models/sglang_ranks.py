"""Asks SGLang what one rank of a model holds, with the same answers as vllm_ranks.py.

Its cache is reported as SGLang sizes its pools: the layers of one pool together, so that the bytes
of one layer are their mean where the pool has layers of several kinds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

os.environ |= {"SGLANG_USE_CPU_ENGINE": "0", "HF_HUB_OFFLINE": "1"}

import sglang_stand_ins as stand_ins
import torch
from layouts import PLAIN, Layout, further_layouts
from refusals import refused
from sglang.srt.configs.hybrid_arch import mambaish_config
from sglang.srt.configs.load_config import LoadConfig
from sglang.srt.configs.model_config import AttentionArch, ModelConfig
from sglang.srt.distributed import bootstrap
from sglang.srt.distributed.parallel_state import get_pp_group
from sglang.srt.model_executor import pool_configurator
from sglang.srt.model_executor.model_runner_components.layer_setup import resolve_layer_indices
from sglang.srt.model_loader import loader
from sglang.srt.runtime_context import SpawnRanks, publish
from sglang.srt.server_args import ServerArgs
from sglang.srt.speculative.spec_info import SpeculativeAlgorithm
from tensor_parts import sizes_of

if TYPE_CHECKING:
    from engine_facts import Source

stand_ins.install()

PAGE_TOKENS = 256
"""Of DeepSeek V4's pools, the only ones that it is asked of."""
SAYINGS = {
    "engine": r"incompatible with per-layer-input",
    # Neither SGLang nor Transformers has a class for the config: the repository's own is taken.
    "remote code": r"Transformers does not recognize this architecture",
    # With the Transformers of this environment, newer than the one that SGLang names.
    "unsupported": r"unhashable type: 'dict'|'Conv2d' object has no attribute|"
    r"instantiate the backend tokenizer from",
}
"""What SGLang alone says, and in whose hands it lies (refusals.py)."""
CACHE_TYPES = {"auto": None, "fp8": torch.float8_e4m3fn}


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

    def rows(self) -> Iterator[dict[str, Any]]:
        """One for each layout; the plain one alone where nothing can be built."""
        plain = self.row(PLAIN)
        if "One of the attention backends in" in plain.get("why", ""):
            self.flags["attention_backend"] = "triton"
            self.notes.add("asked with --attention-backend triton, one that a GPU has")
            plain = self.row(PLAIN)
        yield plain
        if "refused" not in plain:
            yield from map(
                self.row, further_layouts(plain["weights"], has_experts=self.has_experts)
            )

    def row(self, layout: Layout) -> dict[str, Any]:
        """What the rank holds, or why not."""
        with stand_ins.environment_kept():
            try:
                return layout.stated() | self._held(layout)
            except Exception as error:  # whatever the engine raises is a row
                said = refused(error, is_plain=layout == PLAIN, read_as_it_stands=False)
                said["why"] = said["why"].replace(self.folder.name, "MODEL")
                return layout.stated() | said | _in_its_words(said["why"])

    def _held(self, layout: Layout) -> dict[str, Any]:
        arguments = self._arguments(layout)
        publish(arguments, role="scheduler", ranks=SpawnRanks(world_rank=layout.stage, gpu_id=0))
        with stand_ins.groups(layout):
            bootstrap.initialize_dp_attention(server_args=arguments)
            config = ModelConfig.from_server_args(arguments)
            bootstrap.init_layer_runtime(model_config=config)
            model = _built(config)
            cache = cache_of(model, config, arguments, layout)
        if layout == PLAIN:
            self.has_experts = any(".experts." in name for name, _ in model.named_parameters())
            self.head = {
                "dtype": str(config.dtype).removeprefix("torch."),
                "max_length": config.context_len,
                "quantization": config.quantization,
            }
        return sizes_of(model) | {"cache": cache}

    def _arguments(self, layout: Layout) -> ServerArgs:
        """Data parallelism is of the attention: its ranks are those of one tensor group."""
        together = layout.tensor * layout.data
        return ServerArgs(
            model_path=str(self.folder),
            device="cpu",
            load_format="dummy",
            skip_tokenizer_init=True,
            tp_size=together,
            dp_size=layout.data,
            enable_dp_attention=layout.data > 1,
            ep_size=together if layout.expert_parallel else 1,
            pp_size=layout.pipeline,
            **self.flags,
        )


def _in_its_words(why: str) -> dict[str, str]:
    found = [hands for hands, saying in SAYINGS.items() if re.search(saying, why)]
    return {"refused": found[0]} if found else {}


def _built(config: ModelConfig) -> torch.nn.Module:
    load = LoadConfig(load_format="dummy")
    quantization = loader._get_quantization_config(config, load)
    with loader.set_default_torch_dtype(config.dtype), torch.device("meta"):
        return loader._initialize_model(config, load, quantization)


def cache_of(
    model: torch.nn.Module, config: ModelConfig, arguments: ServerArgs, layout: Layout
) -> list[dict[str, Any]]:
    """One entry for each pool, with the number of its layers on this rank."""
    layers = resolve_layer_indices(model=model, model_config=config, is_draft_worker=False)
    runner = SimpleNamespace(
        model=model,
        model_config=config,
        server_args=arguments,
        mambaish_config=mambaish_config(config),
        layer_info=layers,
        kv_cache_dtype=CACHE_TYPES[layout.cache_dtype] or config.dtype,
        kv_cache_dtype_str=layout.cache_dtype,
        model_dtype=config.dtype,
        is_draft_worker=False,
        spec_algorithm=SpeculativeAlgorithm.NONE,
        spec_aux_config=None,
        dflash_draft_cell_size_per_token=None,
        fused_entry_bytes=lambda _pool: None,
        page_size=PAGE_TOKENS,
        pp_size=layout.pipeline,
        pp_group=get_pp_group(),
        attn_dp_size=layout.data,
        sliding_window_size=config.sliding_window_size,
        is_hybrid_swa=config.is_hybrid_swa,
        use_mla_backend=config.attention_arch == AttentionArch.MLA,
    )
    pool = pool_configurator.create_memory_pool_configurator(runner)
    return [*_states(config, layout), *_pools(pool, runner)]


def _pools(pool: Any, runner: Any) -> Iterator[dict[str, Any]]:
    if isinstance(pool, pool_configurator.HybridSWAPoolConfigurator):
        yield {
            "kind": "FullAttention",
            "layers": pool._full_layers_num,
            "bytes_per_token": pool._full_per_token,
        }
        window = runner.sliding_window_size
        yield {
            "kind": "SlidingWindow",
            "layers": pool._swa_layers_num,
            "bytes_per_token": pool._swa_per_token,
        } | ({"window": window} if window else {})
    elif isinstance(pool, pool_configurator.DSV4PoolConfigurator):
        yield from _compressed(pool)
    else:
        count = _attention_layers(runner)
        if count:
            whole, rest = divmod(pool._cell_size, count)
            size = pool._cell_size / count if rest else whole
            yield {"kind": "Attention", "layers": count, "bytes_per_token": size}


def _compressed(pool: Any) -> Iterator[dict[str, Any]]:
    """Of DeepSeek V4: the window of each layer, and what its ratio of compression leaves."""
    size = pool.bytes_per_swa_token / pool.num_layers_total
    yield {"kind": "SlidingWindow", "layers": pool.num_layers_total, "bytes_per_token": size}
    for ratio, layers in sorted(pool.stage_owner_layers.items()):
        if ratio:
            size = pool._compressed_bytes_per_full_token(ratio)
            kind = f"CompressedAttention{ratio}"
            yield {"kind": kind, "layers": len(layers), "bytes_per_token": size}


def _attention_layers(runner: Any) -> int:
    state = mambaish_config(runner.model_config)
    stage = range(runner.layer_info.start_layer, runner.layer_info.end_layer)
    if state is None:
        return int(runner.layer_info.num_effective_layers)
    return sum(layer in stage for layer in state.full_attention_layer_ids)


def _states(config: ModelConfig, layout: Layout) -> Iterator[dict[str, Any]]:
    """Of layers that keep a state for each request; not known of one stage alone."""
    state = mambaish_config(config)
    if state is not None and layout.pipeline == 1:
        parameters = state.mamba2_cache_params
        count = len(parameters.layers)
        size = parameters.mamba_cache_per_req // count
        yield {"kind": "Mamba", "layers": count, "bytes_per_request": size}
